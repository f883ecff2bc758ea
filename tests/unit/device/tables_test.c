/* SPDX-License-Identifier: GPL-2.0-only */
/* Which table each distribution of the rules of a device gets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/tables.h"
#include "lib/tap.h"

#define FILES (FL_TABLES - FL_TABLE_FILE)

static struct fl_table tables[FL_TABLES];
static struct device engine = { .distributions = tables };
static struct fl_rule rules[FILES + 1];
static const struct fl_rule *others[FILES + 1];

/* A file with one @number in the working directory. */
static void write_file(const char *name, int number)
{
	FILE *file = fopen(name, "w");

	if (!file)
		return;
	fprintf(file, "%d\n", number);
	fclose(file);
}

/* A rule of these distributions, or NULL for none. */
static struct fl_rule make_rule(const char *delay, const char *slot)
{
	struct fl_rule rule = { .impair_count = 2 };

	rule.impairs[0].kind = FL_IMPAIR_LOSS;
	rule.impairs[1].kind = FL_IMPAIR_DELAY;
	if (!delay)
		rule.impairs[1].kind = FL_IMPAIR_SLOT;
	else
		snprintf(rule.file[FL_FILE_DELAY], FL_FILE_LEN, "%s", delay);
	if (slot) {
		if (delay)
			rule.impairs[rule.impair_count++].kind = FL_IMPAIR_SLOT;
		snprintf(rule.file[FL_FILE_SLOT], FL_FILE_LEN, "%s", slot);
	}
	return rule;
}

/* Its files are read, and given room beside those of @count others. */
static int place(struct fl_rule *rule, size_t count, struct fl_error *error)
{
	struct contents *contents;
	int code = contents_read(rule, 1, &contents, error);

	if (code)
		return code;
	code = tables_place(&engine, rule, others, count, contents, error);
	contents_free(contents);
	return code;
}

/* Adds rule @number, when there are so many; its code, or its table. */
static int add(int number, const char *delay, const char *slot)
{
	struct fl_error error = { 0 };
	int code;

	rules[number] = make_rule(delay, slot);
	others[number] = &rules[number];
	code = place(&rules[number], (size_t)number, &error);
	if (code)
		tap_diag("%s", error.text);
	return code ? -code : (int)rules[number].impairs[1].u.delay.table;
}

static __u32 slot_table(int number)
{
	const struct fl_impair *impairs = rules[number].impairs;

	return impairs[impairs[1].kind == FL_IMPAIR_SLOT ? 1 : 2].u.slot.table;
}

static void check_ours(void)
{
	tap_is_u64((__u64)add(0, "", NULL), FL_TABLE_UNIFORM, "uniform");
	tap_is_u64(tables[FL_TABLE_NORMAL].length, 0, "nothing was written");
	tap_is_u64((__u64)add(0, "normal", "pareto"), FL_TABLE_NORMAL,
		   "normal");
	tap_is_u64(slot_table(0), FL_TABLE_PARETO, "and pareto for slots");
	tap_is_u64(tables[FL_TABLE_NORMAL].length, 4096, "its values");
	tap_is_u64(tables[FL_TABLE_PARETO].length, 4096, "and its");
	add(0, NULL, "paretonormal");
	tap_is_u64(slot_table(0), FL_TABLE_PARETONORMAL, "only slots");
	tap_is_str(rules[0].file[FL_FILE_SLOT], "paretonormal",
		   "a name is no path");
}

static void check_files(const char *directory)
{
	char path[FL_FILE_LEN];

	write_file("a", 1);
	write_file("b", 2);
	tap_is_u64((__u64)add(0, "a", "b"), FL_TABLE_FILE, "a file");
	tap_is_u64(slot_table(0), FL_TABLE_FILE + 1, "another one");
	tap_ok(tables[FL_TABLE_FILE].value[0] == 1 &&
		       tables[FL_TABLE_FILE + 1].value[0] == 2,
	       "their values");
	snprintf(path, sizeof(path), "%s/a", directory);
	tap_is_str(rules[0].file[FL_FILE_DELAY], path, "an absolute path");
	tap_is_u64((__u64)add(1, "./a", "a"), FL_TABLE_FILE, "the same again");
	tap_is_u64(slot_table(1), FL_TABLE_FILE, "twice");
	write_file("a", 3);
	tap_is_u64((__u64)add(1, "a", NULL), FL_TABLE_FILE + 2,
		   "the same file with other values");
	tap_is_u64((__u64)tables[FL_TABLE_FILE].value[0], 1,
		   "which leaves the first as it was");
	/* Rule 0 is gone, rule 1 is not. */
	others[0] = &rules[1];
	rules[2] = make_rule("b", NULL);
	tap_is_u64((__u64)place(&rules[2], 1, &(struct fl_error){ 0 }), 0,
		   "when a rule is deleted");
	tap_is_u64(rules[2].impairs[1].u.delay.table, FL_TABLE_FILE,
		   "its tables are free");
}

static void check_room(void)
{
	char name[16];
	unsigned wrong = 0;

	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		write_file(name, i);
		wrong += add(i, name, NULL) != FL_TABLE_FILE + i;
	}
	tap_is_u64(wrong, 0, "each rule has its own");
	write_file("last", 1);
	tap_ok(add(FILES, "last", NULL) == -FL_EXIT_ERROR, "there is no room");
	tap_ok(add(FILES, "f3", "normal") == FL_TABLE_FILE + 3,
	       "but for what is there");
	tap_ok(add(FILES, "none", NULL) == -FL_EXIT_ERROR, "no such file");
}

/* The directory and all that is in it. */
static void clean_up(const char *directory)
{
	char name[16];

	unlink("a");
	unlink("b");
	unlink("last");
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		unlink(name);
	}
	if (!chdir("/"))
		rmdir(directory);
}

int main(void)
{
	char directory[] = "/tmp/device_tables_test.XXXXXX";

	check_ours();
	if (tap_ok(mkdtemp(directory) && !chdir(directory), "a directory")) {
		check_files(directory);
		check_room();
		clean_up(directory);
	}
	return tap_done();
}
