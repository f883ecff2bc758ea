/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes of the character that begins with @first, or 0. */
static size_t length_of(unsigned char first)
{
	return first < 0x80		     ? 1 :
	       first >= 0xc2 && first < 0xe0 ? 2 :
	       first >= 0xe0 && first < 0xf0 ? 3 :
	       first >= 0xf0 && first < 0xf5 ? 4 :
					       0;
}

/* Reads a character; its bytes, or 0 where there is none in UTF-8. */
static size_t read_character(const char *at, __u32 *code)
{
	static const __u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = length_of((unsigned char)*at);

	*code = (unsigned char)*at;
	if (length < 2)
		return length;
	*code &= 0x7fu >> length;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)at[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return length;
}

/* Unicode's controls, separators and characters without a look. */
static bool is_plain(__u32 code)
{
	static const struct {
		__u32 first, last;
	} others[] = {
		{ 0, 0x1f },	    { 0x7f, 0x9f },	  { 0xad, 0xad },
		{ 0x61c, 0x61c },   { 0x180e, 0x180e },	  { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f },	  { 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (code >= others[i].first && code <= others[i].last)
			return false;
	return true;
}

static bool is_any(__u32 code)
{
	(void)code;
	return true;
}

static char *copy(const char *from, char *to, size_t size,
		  bool (*is_good)(__u32 code))
{
	size_t used = 0;

	while (*from) {
		char escaped[4 * 4 + 1];
		__u32 code;
		size_t length = read_character(from, &code), shown;

		if (length && is_good(code)) {
			memcpy(escaped, from, length);
			shown = length;
		} else {
			length = length ? length : 1;
			shown = 0;
			for (size_t i = 0; i < length; i++)
				shown += (size_t)snprintf(
					escaped + shown, 5, "\\x%02x",
					(unsigned char)from[i]);
		}
		if (used + shown >= size)
			break;
		memcpy(to + used, escaped, shown);
		used += shown;
		from += length;
	}
	to[used] = '\0';
	return to;
}

char *text_shown(const char *from, char *to, size_t size)
{
	return copy(from, to, size, is_plain);
}

char *text_device(const char *name, char to[TEXT_DEVICE_MAX])
{
	bool is_comment = *name == '#';

	if (is_comment)
		strcpy(to, "\\x23");
	text_shown(name + is_comment, to + (is_comment ? 4 : 0),
		   TEXT_DEVICE_MAX - (is_comment ? 4 : 0));
	return to;
}

char *text_utf8(const char *from, char *to, size_t size)
{
	return copy(from, to, size, is_any);
}
