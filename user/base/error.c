/* SPDX-License-Identifier: GPL-2.0-only */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fl_fail(struct fl_error *error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

bool fl_is_transient(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM ||
	       err == -ENOBUFS || err == -EINTR || err == -EAGAIN;
}
