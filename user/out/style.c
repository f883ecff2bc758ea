/* SPDX-License-Identifier: GPL-2.0-only */
#include "style.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

#define WIDTH_DEFAULT 80
#define WRAP_MAX 1024

const char *out_colour(enum out_colour colour)
{
	static const char *const codes[] = {
		[OUT_PLAIN] = "\033[0m", [OUT_HEAD] = "\033[1m",
		[OUT_DIM] = "\033[2m",	 [OUT_GOOD] = "\033[32m",
		[OUT_WARN] = "\033[33m", [OUT_BAD] = "\033[1;31m",
	};
	static int wanted = -1;

	if (wanted < 0) {
		const char *no = getenv("NO_COLOR");
		const char *term = getenv("TERM");

		wanted = isatty(STDOUT_FILENO) && !(no && *no) && term &&
			 strcmp(term, "dumb");
	}
	return wanted ? codes[colour] : "";
}

/* Asked each time: a window changes its size while -w runs. */
unsigned int out_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int width;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	width = columns ? atoi(columns) : 0;
	return width > 0 ? (unsigned int)width : WIDTH_DEFAULT;
}

void out_wrap(unsigned int column, unsigned int indent, const char *text)
{
	unsigned int width = out_width();
	char shown[4 * WRAP_MAX];
	bool fresh = true;

	text = text_shown(text, shown, sizeof(shown));
	for (; *text; text += *text == ' ') {
		size_t length = strcspn(text, " ");

		if (!fresh && column + 1 + length > width) {
			column = indent;
			if (length < width && column + length > width)
				column = width - (unsigned int)length;
			printf("\n%*s", (int)column, "");
			fresh = true;
		}
		printf("%s%.*s", fresh ? "" : " ", (int)length, text);
		column += (unsigned int)length + !fresh;
		fresh = false;
		text += length;
	}
	putchar('\n');
}
