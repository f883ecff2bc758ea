/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_netem DEV SEED: gives a seed to the netem that tc has made the root of
 * DEV, with all else as it is, for tc before 6.6 does not know the word. Prints
 * the seed that the kernel then says it has; exit status 3 if it says none:
 * kernels before 6.6 pass over what they do not know.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "kernel/netif.h"
#include "kernel/netif_nl.h"

#define PRNG_SEED 14 /* TCA_NETEM_PRNG_SEED of newer headers */
#define OPTIONS_MAX 512
#define QOPT_SIZE ((sizeof(struct tc_netem_qopt) + 3) / 4 * 4)

struct netem {
	unsigned ifindex;
	struct tcmsg tcm;
	__attribute__((aligned(4))) char options[OPTIONS_MAX];
	size_t size; /* of the options; 0: there is no netem */
};

struct about {
	bool is_netem;
	const struct nlattr *options;
};

static int on_attribute(const struct nlattr *attr, void *data)
{
	struct about *about = data;

	if (mnl_attr_get_type(attr) == TCA_KIND)
		about->is_netem = !strcmp(mnl_attr_get_str(attr), "netem");
	if (mnl_attr_get_type(attr) == TCA_OPTIONS)
		about->options = attr;
	return MNL_CB_OK;
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct netem *netem = data;
	struct about about = { 0 };

	if ((unsigned)tcm->tcm_ifindex != netem->ifindex ||
	    tcm->tcm_parent != TC_H_ROOT)
		return MNL_CB_OK;
	mnl_attr_parse(nlh, sizeof(*tcm), on_attribute, &about);
	if (!about.is_netem || !about.options ||
	    mnl_attr_get_payload_len(about.options) > OPTIONS_MAX)
		return MNL_CB_OK;
	netem->tcm = *tcm;
	netem->size = mnl_attr_get_payload_len(about.options);
	memcpy(netem->options, mnl_attr_get_payload(about.options),
	       netem->size);
	return MNL_CB_OK;
}

static int get(struct netem *netem, const char *device)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh;

	memset(netem, 0, sizeof(*netem));
	netem->ifindex = if_nametoindex(device);
	nlh = netif_nl_request(buffer, RTM_GETQDISC, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct tcmsg));
	return netif_nl_talk(nlh, on_qdisc, netem);
}

/* Calls @each for what stands behind the struct tc_netem_qopt. */
static void each_option(const struct netem *netem, mnl_attr_cb_t each,
			void *data)
{
	if (netem->size > QOPT_SIZE)
		mnl_attr_parse_payload(netem->options + QOPT_SIZE,
				       netem->size - QOPT_SIZE, each, data);
}

static int copy_option(const struct nlattr *attr, void *nlh)
{
	if (mnl_attr_get_type(attr) != PRNG_SEED)
		mnl_attr_put(nlh, attr->nla_type,
			     mnl_attr_get_payload_len(attr),
			     mnl_attr_get_payload(attr));
	return MNL_CB_OK;
}

static int find_seed(const struct nlattr *attr, void *data)
{
	const struct nlattr **seed = data;

	if (mnl_attr_get_type(attr) == PRNG_SEED &&
	    mnl_attr_get_payload_len(attr) == sizeof(__u64))
		*seed = attr;
	return MNL_CB_OK;
}

static int set(const struct netem *netem, __u64 seed)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_nl_request(buffer, RTM_NEWQDISC, 0);
	struct nlattr *options;
	struct tcmsg *tcm;

	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	*tcm = netem->tcm;
	tcm->tcm_info = 0;
	mnl_attr_put_strz(nlh, TCA_KIND, "netem");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	memcpy(mnl_nlmsg_put_extra_header(nlh, QOPT_SIZE), netem->options,
	       QOPT_SIZE);
	each_option(netem, copy_option, nlh);
	mnl_attr_put_u64(nlh, PRNG_SEED, seed);
	mnl_attr_nest_end(nlh, options);
	return netif_nl_talk(nlh, NULL, NULL);
}

int main(int argc, char **argv)
{
	const struct nlattr *seed = NULL;
	struct netem netem;
	int err;

	if (argc != 3) {
		fputs("usage: e2e_netem DEV SEED\n", stderr);
		return 2;
	}
	err = get(&netem, argv[1]);
	if (!err && !netem.size)
		err = -ENOENT;
	if (!err)
		err = set(&netem, strtoull(argv[2], NULL, 0));
	if (!err)
		err = get(&netem, argv[1]);
	if (err) {
		fprintf(stderr, "e2e_netem: %s: %s %s\n", argv[1],
			strerror(-err), netif_extack());
		return 1;
	}
	each_option(&netem, find_seed, &seed);
	if (!seed)
		return 3;
	printf("%" PRIu64 "\n", mnl_attr_get_u64(seed));
	return 0;
}
