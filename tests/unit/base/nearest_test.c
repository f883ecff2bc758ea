/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/nearest.h"
#include "lib/tap.h"

static const char *const verbs[] = { "attach", "detach", "list", "last" };

/* NULL: none is near. */
static const struct {
	const char *word, *near, *what;
} cases[] = {
	{ "list", "list", "the word itself" },
	{ "atach", "attach", "one letter is missing" },
	{ "attaach", "attach", "one letter too many" },
	{ "lost", "list", "another letter, and the first of two such" },
	{ "detahc", "detach", "a swap of neighbours" },
	{ "dteahc", "detach", "two swaps" },
	{ "edtahcx", NULL, "three edits" },
	{ "LIST", "list", "capital letters" },
	{ "li", NULL, "two edits of two letters" },
	{ "lis", "list", "one edit of three letters" },
	{ "lt", NULL, "two missing of four letters" },
	{ "stats", NULL, "three edits" },
	{ "", NULL, "no letter" },
	{ "detached from it all, and more so than any word is", NULL,
	  "longer than any word" },
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tap_is_str(nearest_word(cases[i].word, verbs, 4), cases[i].near,
			   "\"%s\": %s", cases[i].word, cases[i].what);
}

static void check_names(void)
{
	static const char *const names[] = {
		"a name that is longer than any word which a user may mean",
		"List",
		"ordered",
	};

	tap_is_str(nearest_word("list", NULL, 0), NULL, "no names");
	tap_is_str(nearest_word("order", names, 3), "ordered",
		   "behind a name that is too long");
	tap_is_str(nearest_word("LIST", names, 3), "List",
		   "a name's own capital letter is one edit");
	tap_is_str(nearest_word("lst", verbs, 4), "list",
		   "the first of two that are as near");
	tap_is_str(nearest_word("lasst", verbs, 4), "last",
		   "the nearer one, where it comes later");
}

static void check_hints(void)
{
	char text[NEAREST_HINT_MAX];

	tap_is_str(nearest_hint("list", "x", text), ": did you mean \"list\"?",
		   "a hint");
	tap_is_str(nearest_hint(NULL, "x", text), "x", "another end");
}

int main(void)
{
	check_cases();
	check_names();
	check_hints();
	return tap_done();
}
