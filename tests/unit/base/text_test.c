/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "base/text.h"
#include "lib/tap.h"

/* NULL: as it is. */
static const struct {
	const char *text, *shown, *utf8;
} cases[] = {
	{ "", NULL, NULL },
	{ "eth0", NULL, NULL },
	{ "a\"b'c\\d|e #f", NULL, NULL },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", NULL, NULL },
	{ "\x1b[31mred", "\\x1b[31mred", NULL },
	{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f", NULL },
	/* CSI in one character, the direction turned, no width. */
	{ "a\xc2\x9b"
	  "31m",
	  "a\\xc2\\x9b31m", NULL },
	{ "a\xe2\x80\xae"
	  "b",
	  "a\\xe2\\x80\\xaeb", NULL },
	{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", NULL },
	{ "\xef\xbb\xbfx", "\\xef\\xbb\\xbfx", NULL },
	/* Not UTF-8: alone, cut off, too long, a surrogate, too large. */
	{ "v\xff", "v\\xff", "v\\xff" },
	{ "\x80", "\\x80", "\\x80" },
	{ "\xc3", "\\xc3", "\\xc3" },
	{ "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82" },
	{ "\xc3(", "\\xc3(", "\\xc3(" },
	{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf" },
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80" },
	{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80", "\\xf5\\x80\\x80\\x80" },
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;
		char to[128];

		tap_is_str(text_shown(text, to, sizeof(to)),
			   cases[i].shown ? cases[i].shown : text,
			   "case %zu: shown", i);
		tap_is_str(text_utf8(text, to, sizeof(to)),
			   cases[i].utf8 ? cases[i].utf8 : text,
			   "case %zu: as UTF-8", i);
	}
}

/* No character and no escape is cut in two. */
static void check_room(void)
{
	char to[8];

	tap_is_str(text_shown("abc\xff", to, 8), "abc\\xff", "it fits");
	tap_is_str(text_shown("abc\xff", to, 7), "abc", "no room for it");
	tap_is_str(text_shown("abc\xe2\x82\xac", to, 7), "abc\xe2\x82\xac",
		   "a character fits");
	tap_is_str(text_shown("abc\xe2\x82\xac", to, 6), "abc",
		   "no room for a character");
	tap_is_str(text_shown("abc", to, 1), "", "no room at all");
}

static void check_device(void)
{
	char to[TEXT_DEVICE_MAX];

	tap_is_str(text_device("#x", to), "\\x23x", "no comment");
	tap_is_str(text_device("x#", to), "x#", "nor is this");
	tap_is_str(text_device("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			       "\xff\xff\xff\xff",
			       to),
		   "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff"
		   "\\xff\\xff\\xff\\xff",
		   "the longest name");
}

int main(void)
{
	check_cases();
	check_room();
	check_device();
	return tap_done();
}
