/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

/* Room in what is written for the answers to frames of a small one. */
#define SNAP_MIN 512
#define SECOND_NS 1000000000ull

struct capture {
	pcap_t *pcap;
	FILE *file; /* pcap's, which closes it */
	const char *path;
	u_int precision; /* PCAP_TSTAMP_PRECISION_* */
	enum capture_layer layer;
	unsigned long long count; /* frames read */
};

struct capture_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	FILE *file;
	const char *path;
	u_int precision; /* PCAP_TSTAMP_PRECISION_* */
	int err;	 /* errno of the first write that failed */
};

static bool is_standard(const char *path)
{
	return !strcmp(path, "-");
}

/*
 * pcap has two units of time, which libpcap would convert and not tell. In the
 * file's own unit, what is not changed is written as it was.
 */
static u_int find_precision(FILE *file)
{
	static const __u32 micro[] = { 0xa1b2c3d4, 0xd4c3b2a1 };
	unsigned char bytes[4];
	size_t count = fread(bytes, 1, sizeof(bytes), file);
	__u32 magic = 0;

	if (count == sizeof(bytes))
		memcpy(&magic, bytes, sizeof(magic));
	/* What was just read can be put back whole, into the same buffer. */
	while (count)
		ungetc(bytes[--count], file);
	return magic == micro[0] || magic == micro[1] ?
		       PCAP_TSTAMP_PRECISION_MICRO :
		       PCAP_TSTAMP_PRECISION_NANO;
}

static int find_layer(struct capture *c, struct fl_error *error)
{
	int link = pcap_datalink(c->pcap);
	const char *name = pcap_datalink_val_to_description(link);

	switch (link) {
	case DLT_EN10MB:
		c->layer = CAPTURE_ETHERNET;
		return 0;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		c->layer = CAPTURE_IP;
		return 0;
	}
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "%.200s: the link type is %.60s (%d), neither Ethernet "
		       "nor plain IP%s",
		       c->path, name ? name : "unknown", link,
		       link == DLT_LINUX_SLL || link == DLT_LINUX_SLL2 ?
			       ": capture on one device instead of any" :
			       "");
}

static int open_pcap(struct capture *c, struct fl_error *error)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	c->precision = find_precision(c->file);
	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file,
							   c->precision, why);
	if (!c->pcap)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: cannot read this as a capture: %.90s",
			       c->path, why);
	return find_layer(c, error);
}

int capture_open(const char *path, struct capture **capture,
		 struct fl_error *error)
{
	struct capture *c = calloc(1, sizeof(*c));
	int code;

	*capture = c;
	if (!c)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	c->path = is_standard(path) ? "<stdin>" : path;
	c->file = is_standard(path) ? stdin : fopen(path, "re");
	if (!c->file)
		code = fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", path,
			       strerror(errno));
	else
		code = open_pcap(c, error);
	if (code) {
		capture_close(c);
		*capture = NULL;
	}
	return code;
}

enum capture_layer capture_layer(const struct capture *c)
{
	return c->layer;
}

int capture_read(struct capture *c, struct capture_frame *frame,
		 struct fl_error *error)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int got = pcap_next_ex(c->pcap, &head, &data);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.160s: packet %llu: %.120s", c->path,
			       c->count + 1, pcap_geterr(c->pcap));
	c->count++;
	frame->data = data;
	frame->length = head->caplen;
	frame->wire_length = head->len;
	frame->seconds = head->ts.tv_sec;
	frame->fraction = head->ts.tv_usec;
	return CAPTURE_MORE;
}

static __u64 unit_ns(u_int precision)
{
	return precision == PCAP_TSTAMP_PRECISION_MICRO ? 1000 : 1;
}

/* Clamps a number from the file, which may be anything. */
static __u64 within_32_bits(__s64 number)
{
	return number < 0	   ? 0 :
	       number > UINT32_MAX ? UINT32_MAX :
				     (__u64)number;
}

__u64 capture_time_ns(const struct capture *c,
		      const struct capture_frame *frame)
{
	return within_32_bits(frame->seconds) * SECOND_NS +
	       within_32_bits(frame->fraction) * unit_ns(c->precision);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	else if (c->file && c->file != stdin)
		fclose(c->file);
	free(c);
}

static bool is_same_file(FILE *a, const char *path)
{
	struct stat x, y;

	return !fstat(fileno(a), &x) && !stat(path, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       S_ISREG(x.st_mode);
}

static int start_dump(struct capture_writer *w, const struct capture *like,
		      struct fl_error *error)
{
	int snap = pcap_snapshot(like->pcap);

	w->pcap = pcap_open_dead_with_tstamp_precision(
		pcap_datalink(like->pcap), snap < SNAP_MIN ? SNAP_MIN : snap,
		like->precision);
	if (!w->pcap)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	w->dumper = pcap_dump_fopen(w->pcap, w->file);
	if (!w->dumper)
		return fl_fail(error, FL_EXIT_ERROR, "%.200s: %.90s", w->path,
			       pcap_geterr(w->pcap));
	return 0;
}

static void free_writer(struct capture_writer *w)
{
	if (w->pcap)
		pcap_close(w->pcap);
	free(w);
}

int capture_create(const char *path, const struct capture *like,
		   struct capture_writer **writer, struct fl_error *error)
{
	struct capture_writer *w = calloc(1, sizeof(*w));
	int code;

	*writer = w;
	if (!w)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	w->path = is_standard(path) ? "<stdout>" : path;
	w->precision = like->precision;
	if (!is_standard(path) && is_same_file(like->file, path))
		code = fl_fail(
			error, FL_EXIT_USAGE,
			"%.200s: is also the input: write to another file",
			path);
	else if (!(w->file = is_standard(path) ? stdout : fopen(path, "we")))
		code = fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", path,
			       strerror(errno));
	else
		code = start_dump(w, like, error);
	if (code) {
		if (w->file && w->file != stdout)
			fclose(w->file);
		free_writer(w);
		*writer = NULL;
	}
	return code;
}

void capture_set_time(const struct capture_writer *w,
		      struct capture_frame *frame, __u64 time_ns)
{
	__u64 unit = unit_ns(w->precision);

	time_ns += unit / 2;
	frame->seconds = (__s64)(time_ns / SECOND_NS);
	frame->fraction = (__s64)(time_ns % SECOND_NS / unit);
}

int capture_write(struct capture_writer *w, const struct capture_frame *frame)
{
	struct pcap_pkthdr head = {
		.ts = { frame->seconds, frame->fraction },
		.caplen = frame->length,
		.len = frame->wire_length,
	};

	errno = 0;
	pcap_dump((u_char *)w->dumper, &head, frame->data);
	if (!ferror(w->file))
		return 1;
	if (!w->err)
		w->err = errno;
	return 0;
}

int capture_finish(struct capture_writer *w, struct fl_error *error)
{
	int failed, code = 0;

	if (w->file == stdout) {
		fflush(stdout);
	} else {
		failed = ferror(w->file);
		errno = 0;
		failed |= fclose(w->file);
		if (!w->err)
			w->err = errno;
		if (failed)
			code = fl_fail(error, FL_EXIT_ERROR, "%.200s: %s",
				       w->path,
				       w->err ? strerror(w->err) :
						"cannot be written");
	}
	free_writer(w);
	return code;
}
