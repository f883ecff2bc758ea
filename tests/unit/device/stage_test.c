/* SPDX-License-Identifier: GPL-2.0-only */
/* Which names rules get that were given none. */
#include <stdio.h>
#include <string.h>

#include <faultline/rule.h>

#include "device/stage.h"
#include "lib/tap.h"

/* Names @count rules, "" being those without a name, and joins the names. */
static const char *named(const char *const names[], size_t count)
{
	static char joined[100];
	const struct stage empty = { 0 };
	struct fl_rule rules[4] = { 0 };
	static struct fl_error error;

	for (size_t i = 0; i < count; i++)
		snprintf(rules[i].name, sizeof(rules[i].name), "%s", names[i]);
	if (stage_names(&empty, rules, count, &error))
		return error.text;
	*joined = 0;
	for (size_t i = 0; i < count; i++)
		snprintf(joined + strlen(joined),
			 sizeof(joined) - strlen(joined), "%.8s ",
			 rules[i].name);
	return joined;
}

int main(void)
{
	tap_is_str(named((const char *[]){ "", "", "" }, 3), "r1 r2 r3 ",
		   "in their order");
	tap_is_str(named((const char *[]){ "r1", "", "a" }, 3), "r1 r2 a ",
		   "not a name that an earlier rule has");
	tap_is_str(named((const char *[]){ "", "r1", "", "r3" }, 4),
		   "r2 r1 r4 r3 ", "nor one that a later rule has");
	tap_is_str(named((const char *[]){ "r01", "r2x", "r99", "" }, 4),
		   "r01 r2x r99 r1 ", "only what is written in full is taken");
	return tap_done();
}
