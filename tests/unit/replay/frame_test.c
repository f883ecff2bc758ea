/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a frame comes from, whatever it is cut off at. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "replay/frame.h"
#include "base/unit.h"
#include "lib/tap.h"

struct head {
	const char *name;
	unsigned char types[12]; /* tags and the ethertype */
	size_t length;
	const char *source; /* NULL: none */
};

static const struct head heads[] = {
	{ "IPv4", { 0x08, 0x00 }, 2, "192.0.2.7" },
	{ "IPv6", { 0x86, 0xdd }, 2, "2001:db8::7" },
	{ "tag", { 0x81, 0, 0, 5, 0x08, 0x00 }, 6, "192.0.2.7" },
	{ "two tags",
	  { 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd },
	  10,
	  "2001:db8::7" },
	{ "three tags", { 0x81, 0, 0, 5, 0x81, 0, 0, 6, 0x81, 0 }, 10, NULL },
	{ "ARP", { 0x08, 0x06 }, 2, NULL },
	{ "a length", { 0x00, 0x40 }, 2, NULL },
};

/* A frame of its own size, so that a sanitizer sees what goes past it. */
static size_t build(const struct head *head, unsigned char *frame)
{
	bool six = head->source && strchr(head->source, ':');
	size_t ip = 12 + head->length, at = ip + (six ? 8 : 12);

	memset(frame, 0, 128);
	memcpy(frame + 12, head->types, head->length);
	if (!head->source)
		return 128;
	inet_pton(six ? AF_INET6 : AF_INET, head->source, frame + at);
	return at + (six ? 16 : 4);
}

static void test_source(const struct head *head)
{
	unsigned char frame[128];
	size_t length = build(head, frame);
	struct fl_prefix source, want;
	bool found = frame_source(frame, length, &source), early = false;

	if (head->source)
		unit_parse_prefix(head->source, &want);
	tap_ok(found == !!head->source &&
		       (!found || !memcmp(&source, &want, sizeof(want))),
	       "%s: %s", head->name, head->source ? head->source : "nothing");
	for (size_t cut = 0; cut < length; cut++) {
		unsigned char *part = malloc(cut + !cut);

		memcpy(part, frame, cut);
		early |= frame_source(part, cut, &source);
		free(part);
	}
	tap_ok(!early, "%s: nothing when it is cut off", head->name);
}

static void test_within(const char *address, const char *prefix, bool want)
{
	struct fl_prefix a, p;

	unit_parse_prefix(address, &a);
	unit_parse_prefix(prefix, &p);
	tap_ok(frame_is_within(&a, &p) == want, "%s is %swithin %s", address,
	       want ? "" : "not ", prefix);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		test_source(&heads[i]);
	test_within("10.1.2.3", "10.1.2.3", true);
	test_within("10.1.2.3", "10.1.2.2", false);
	test_within("10.1.2.3", "10.1.2.2/31", true);
	test_within("10.1.2.3", "10.0.0.0/15", true);
	test_within("10.2.2.3", "10.0.0.0/15", false);
	test_within("10.2.2.3", "0.0.0.0/0", true);
	test_within("10.2.2.3", "::/0", false);
	test_within("fd00::1", "fd00::1", true);
	test_within("fd00::1", "fd00::/127", true);
	test_within("fd00::2", "fd00::/127", false);
	test_within("fdff::2", "fc00::/7", true);
	return tap_done();
}
