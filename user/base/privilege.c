/* SPDX-License-Identifier: GPL-2.0-only */
#include "privilege.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <cap-ng.h>

#define BIT(capability) (1ull << (capability))

/* Rules and captures of whoever called sudo; the session and the namespaces of
 * processes with more capabilities than we have left. */
#define AT_HOME                                                             \
	(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL) | \
	 BIT(CAP_SYS_PTRACE))
/* Mounting, and entering namespaces; names of the programs of others. */
#define ELSEWHERE (BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_CHROOT))
/* Going ahead of others, with many files. add passes it on to hold. */
#define HOLDING (BIT(CAP_SYS_NICE) | BIT(CAP_SYS_RESOURCE))

const struct privileges privileges[] = {
#define PRIVILEGES(...) { __VA_ARGS__ },
#include "privileges.def"
#undef PRIVILEGES
	{ 0 },
};

__u64 privileges_held(void)
{
	__u64 held = 0;

	if (capng_get_caps_process())
		return 0;
	for (unsigned int i = 0; i <= CAP_LAST_CAP; i++)
		if (capng_have_capability(CAPNG_EFFECTIVE, i))
			held |= BIT(i);
	return held;
}

__u64 privileges_missing(__u64 must, __u64 held)
{
	if (held & BIT(CAP_SYS_ADMIN))
		held |= BIT(CAP_BPF) | BIT(CAP_PERFMON);
	return must & ~held;
}

void privileges_print(__u64 set, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (unsigned int i = 0; i <= CAP_LAST_CAP && used < size; i++) {
		const char *name = capng_capability_to_name(i);
		size_t start = used;

		if (!(set & BIT(i)) || !name)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%sCAP_%s",
					 used ? ", " : "", name);
		for (; start < size && text[start]; start++)
			text[start] = (char)toupper(text[start]);
	}
}

/* Whether @verb is one of "list, stats". */
static bool is_of(const char *verbs, const char *verb)
{
	size_t length = strlen(verb);

	for (const char *at = verbs; (at = strstr(at, verb)); at += length)
		if ((at == verbs || at[-1] == ' ') &&
		    (!at[length] || at[length] == ','))
			return true;
	return false;
}

/* The last row, without any, for those that are not in the table. */
static const struct privileges *row_of(const char *verb)
{
	const struct privileges *row = privileges;

	while (row->verbs && !is_of(row->verbs, verb))
		row++;
	return row;
}

__u64 privileges_lacking(const char *verb)
{
	return privileges_missing(row_of(verb)->must, privileges_held());
}

bool privileges_keep(const char *verb)
{
	const struct privileges *row = row_of(verb);
	__u64 wanted = row->must | row->may, held = privileges_held();

	/* It may stand for what is missing. */
	if (privileges_missing(wanted, held & wanted))
		wanted |= BIT(CAP_SYS_ADMIN);
	for (unsigned int i = 0; i <= CAP_LAST_CAP; i++)
		if (!(wanted & BIT(i)) &&
		    capng_update(CAPNG_DROP,
				 CAPNG_EFFECTIVE | CAPNG_PERMITTED |
					 CAPNG_INHERITABLE,
				 i))
			return false;
	return !capng_apply(CAPNG_SELECT_CAPS);
}
