/* SPDX-License-Identifier: GPL-2.0-only */
/* Every row of holders.def has its words and its operations. */
#include <string.h>

#include "base/holder.h"
#include "device/holder.h"
#include "lib/tap.h"

static void test_words(enum fl_holder holder)
{
	enum fl_holder parsed = FL_HOLDER_NONE;
	const char *word = holder_word(holder);

	tap_ok(*word && strcmp(word, holder_word(FL_HOLDER_NONE)),
	       "holder %d: has a word", holder);
	tap_ok(!holder_parse(word, &parsed) && parsed == holder,
	       "%s: is parsed back", word);
	tap_ok(*holder_waits(holder), "%s: says where packets wait", word);
}

/* A process has all of its own operations, or none. */
static int process_is_whole(const struct holder_ops *ops)
{
	return ops->start ? ops->runs && ops->check_run && ops->stop :
			    !ops->runs && !ops->check_run && !ops->stop;
}

static void test_operations(enum fl_holder holder)
{
	const struct holder_ops *ops = holder_ops(holder);
	const struct fl_device record = { .holder = holder };
	const char *word = holder_word(holder);

	tap_ok(ops != NULL, "%s: has a row", word);
	if (!ops)
		return;
	tap_ok(holder_of(&record) == ops, "%s: is that of its devices", word);
	tap_ok(ops->by && ops->mtu_max && ops->held_max,
	       "%s: the row is filled", word);
	tap_ok(ops->probe && ops->add && ops->fit && ops->drain && ops->lost,
	       "%s: has what every holder does", word);
	tap_ok(process_is_whole(ops), "%s: its process is whole", word);
	tap_ok(holder_has_process(&record) == (ops->start != NULL),
	       "%s: %s process", word, ops->start ? "has a" : "has no");
}

int main(void)
{
	const struct fl_device none = { .holder = FL_HOLDER_NONE };
	const struct fl_device odd = { .holder = FL_HOLDERS };
	enum fl_holder parsed = FL_HOLDERS;

	for (int i = FL_HOLDER_NONE + 1; i < FL_HOLDERS; i++) {
		test_words((enum fl_holder)i);
		test_operations((enum fl_holder)i);
	}
	tap_ok(!holder_of(&none) && !holder_has_process(&none), "none: no row");
	tap_ok(!holder_of(&odd), "an unknown number: no row");
	tap_ok(holder_parse("none", &parsed) && parsed == FL_HOLDERS,
	       "none cannot be asked for");
	return tap_done();
}
