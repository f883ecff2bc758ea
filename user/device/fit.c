/* SPDX-License-Identifier: GPL-2.0-only */
#include "fit.h"

#include <string.h>

#include <netinet/in.h>

#include <faultline/category.h>

#include "choose.h"
#include "compile/compile.h"
#include "holder.h"

static const struct fl_impair *find_impair(const struct fl_rule *rule,
					   enum fl_impair_kind kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == kind)
			return &rule->impairs[i];
	return NULL;
}

/* Those of the rule's directions in which TCP comes in aggregates. */
static __u32 fit_aggregates(const struct fl_device *record,
			    const struct fl_rule *rule)
{
	if (record->exact)
		return 0;
	return rule->directions &
	       (record->mode == FL_MODE_NATIVE ? (__u32)FL_DIR_OUT :
						 (__u32)FL_DIR_BOTH);
}

/* Whether the rule may ask for packets of @proto. */
static bool fit_asks(const struct fl_rule *rule, __u32 proto)
{
	return !(rule->match.present & 1u << FL_FIELD_PROTO) ||
	       rule->match.proto == proto;
}

bool device_counts_buffers(const struct device *dev, const struct fl_rule *rule)
{
	return fl_rule_counts(rule) && fit_aggregates(&dev->record, rule) &&
	       (fit_asks(rule, IPPROTO_TCP) || fit_asks(rule, IPPROTO_UDP));
}

/*
 * At tc one buffer may stand for many TCP packets, whose checksums are made
 * later: none of them alone can be given a wrong one.
 */
static int fit_corrupt(const struct fl_device *record,
		       const struct fl_rule *rule,
		       const struct fl_impair *corrupt, struct fl_error *error)
{
	if (corrupt->u.corrupt.silent || !fit_asks(rule, IPPROTO_TCP) ||
	    !fit_aggregates(record, rule))
		return 0;
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "corrupt: %s TCP comes in multi-packet buffers that "
		       "cannot be corrupted one packet at a time: attach with "
		       "--exact, add \"silent\", or match another protocol",
		       rule->directions & FL_DIR_OUT ? "outgoing" : "incoming");
}

/* The receiver's wireguard device declares all checksums inside good. */
static int fit_tunnel(const struct fl_device *record,
		      const struct fl_rule *rule,
		      const struct fl_impair *corrupt, struct fl_error *error)
{
	struct netif_link link;

	if (corrupt->u.corrupt.silent || !(rule->directions & FL_DIR_OUT) ||
	    netif_link_get_index(record->ifindex, &link) ||
	    strcmp(link.kind, "wireguard"))
		return 0;
	return fl_fail(
		error, FL_EXIT_UNSUPPORTED,
		"corrupt: nobody would notice behind WireGuard, which "
		"declares the checksums of what it has unpacked good: "
		"add \"silent\", or corrupt packets of the device below");
}

/* The first thing that the rule does besides losing. */
static const char *words_of_effect(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (compile_is_effect(rule->impairs[i].kind))
			return fl_words_of(rule->impairs[i].kind);
	return "";
}

/* What can be known before anything is made. */
static int fit_holder(const struct fl_device *record,
		      const struct fl_rule *rule, struct fl_error *error)
{
	const struct holder_ops *ops = holder_of(record);
	struct netif_link link;
	char why[160];

	if (!ops) {
		choose_why_nobody(why, sizeof(why));
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s: this host cannot hold packets: %s",
			       words_of_effect(rule), why);
	}
	if (netif_link_get_index(record->ifindex, &link) ||
	    link.mtu <= ops->mtu_max)
		return 0;
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "%s: MTU %u: engine %s supports at most %u", link.name,
		       link.mtu, holder_word_of(record), ops->mtu_max);
}

int fit_rule(const struct fl_device *record, const struct fl_rule *rule,
	     struct fl_error *error)
{
	const struct fl_impair *corrupt = find_impair(rule, FL_IMPAIR_CORRUPT);
	int code;

	if (rule->flags & FL_RULE_DRY_RUN)
		return 0;
	if (fl_rule_holds(rule)) {
		code = fit_holder(record, rule, error);
		if (code)
			return code;
	}
	/*
	 * Behind generic XDP a buffer may have lost its link header: copied
	 * for want of headroom, it has mac_len 0.
	 */
	if (record->mode == FL_MODE_GENERIC && rule->directions & FL_DIR_IN &&
	    compile_needs_tc(rule))
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s on incoming packets does not work with "
			       "generic XDP: attach in native or tc mode",
			       words_of_effect(rule));
	if (!corrupt)
		return 0;
	code = fit_tunnel(record, rule, corrupt, error);
	return code ? code : fit_corrupt(record, rule, corrupt, error);
}
