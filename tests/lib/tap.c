/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned int planned, run, failed;

/* An unescaped # or a newline would change what the line means. */
static void put_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putchar('\\');
		putchar(*text == '\n' || *text == '\r' ? ' ' : *text);
	}
}

static bool report(const char *file, int line, bool held, const char *name,
		   va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), name, args);
	printf("%sok %u - ", held ? "" : "not ", ++run);
	put_text(text);
	putchar('\n');
	if (!held) {
		failed++;
		printf("# at %s:%d\n", file, line);
	}
	/* A test that crashes later must not lose what it found. */
	fflush(stdout);
	return held;
}

void tap_plan(unsigned int count)
{
	planned = count;
}

bool tap_ok_at(const char *file, int line, bool held, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	report(file, line, held, name, args);
	va_end(args);
	return held;
}

bool tap_is_u64_at(const char *file, int line, __u64 got, __u64 want,
		   const char *name, ...)
{
	bool held = got == want;
	va_list args;

	va_start(args, name);
	report(file, line, held, name, args);
	va_end(args);
	if (!held)
		tap_diag("got %llu (%#llx), want %llu (%#llx)", got, got, want,
			 want);
	return held;
}

bool tap_is_str_at(const char *file, int line, const char *got,
		   const char *want, const char *name, ...)
{
	bool held = got && want ? !strcmp(got, want) : got == want;
	va_list args;

	va_start(args, name);
	report(file, line, held, name, args);
	va_end(args);
	if (!held) {
		tap_diag("got  '%s'", got ? got : "(NULL)");
		tap_diag("want '%s'", want ? want : "(NULL)");
	}
	return held;
}

void tap_skip(const char *why, ...)
{
	char text[512];
	va_list args;

	va_start(args, why);
	vsnprintf(text, sizeof(text), why, args);
	va_end(args);
	printf("ok %u # SKIP ", ++run);
	put_text(text);
	putchar('\n');
	fflush(stdout);
}

void tap_diag(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputs("# ", stdout);
	for (char *c = text; *c; c++) {
		putchar(*c);
		if (*c == '\n' && c[1])
			fputs("# ", stdout);
	}
	putchar('\n');
	fflush(stdout);
}

int tap_skip_all(const char *why)
{
	printf("1..0 # SKIP ");
	put_text(why);
	putchar('\n');
	return 0;
}

int tap_done(void)
{
	bool short_of_plan = planned && planned != run;

	if (short_of_plan)
		tap_diag("planned %u checks, made %u", planned, run);
	if (failed)
		tap_diag("%u of %u checks failed", failed, run);
	printf("1..%u\n", short_of_plan ? planned : run);
	return failed || short_of_plan || !run;
}
