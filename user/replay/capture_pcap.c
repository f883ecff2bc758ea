/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture_pcap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "capture_code.h"
#include "capture_links.h"
#include "link.h"

/* Room in what is written for the answers to frames of a small one. */
#define SNAP_MIN 512
#define SECOND_NS 1000000000ull

struct classic {
	pcap_t *pcap;
	FILE *file; /* pcap's, which closes it */
	const char *name;
	struct sample_capture *facts;
	u_int precision; /* PCAP_TSTAMP_PRECISION_* */
	__u32 link;
	unsigned long long count; /* frames read */
};

struct classic_writer {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
};

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

static int find_link(struct classic *c, struct fl_error *error)
{
	int type = pcap_datalink(c->pcap);
	const struct sample_link *link = c->facts->links;
	int code;

	c->link = type == DLT_RAW ? LINKTYPE_RAW : (__u32)type;
	code = capture_links_add(c->facts, c->link, c->name, error);
	if (code || link->is_read)
		return code;
	return fl_fail(error, FL_EXIT_UNSUPPORTED,
		       "%.200s: the link type is %.60s (%u), in which no "
		       "packets are looked for",
		       c->name, link->name ? link->name : "unknown", c->link);
}

int classic_open(FILE *file, const char *name, struct sample_capture *facts,
		 struct classic **classic, struct fl_error *error)
{
	struct classic *c = calloc(1, sizeof(*c));
	char why[PCAP_ERRBUF_SIZE] = "";

	*classic = c;
	if (!c)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	c->file = file;
	c->name = name;
	c->facts = facts;
	c->precision = find_precision(file);
	c->pcap = pcap_fopen_offline_with_tstamp_precision(file, c->precision,
							   why);
	if (c->pcap)
		return find_link(c, error);
	free(c);
	*classic = NULL;
	return fl_fail(error, FL_EXIT_ERROR,
		       "%.200s: cannot read this as a capture: %.90s", name,
		       why);
}

/* The end of the file where libpcap wanted more, or anything else. */
static int fail_read(const struct classic *c, struct fl_error *error)
{
	if (feof(c->file) && !ferror(c->file))
		return fl_fail(error, FL_EXIT_CUT_OFF,
			       "%.200s: cut off in packet %llu: the %llu "
			       "before it were read",
			       c->name, c->count + 1, c->count);
	return fl_fail(error, FL_EXIT_ERROR, "%.160s: packet %llu: %.120s",
		       c->name, c->count + 1, pcap_geterr(c->pcap));
}

int classic_read(struct classic *c, struct capture_frame *frame,
		 struct fl_error *error)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	int got = pcap_next_ex(c->pcap, &head, &data);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1)
		return fail_read(c, error);
	c->count++;
	*frame = (struct capture_frame){
		.data = data,
		.length = head->caplen,
		.wire_length = head->len,
		.link = c->link,
		.seconds = head->ts.tv_sec,
		.fraction = head->ts.tv_usec,
	};
	return CAPTURE_MORE;
}

void classic_close(struct classic *c)
{
	if (!c)
		return;
	pcap_close(c->pcap);
	free(c);
}

static __u64 unit_ns(const struct classic *c)
{
	return c->precision == PCAP_TSTAMP_PRECISION_MICRO ? 1000 : 1;
}

/* Clamps a number from the file, which may be anything. */
static __u64 within_32_bits(__s64 number)
{
	return number < 0	   ? 0 :
	       number > UINT32_MAX ? UINT32_MAX :
				     (__u64)number;
}

__u64 classic_time_ns(const struct classic *c,
		      const struct capture_frame *frame)
{
	return within_32_bits(frame->seconds) * SECOND_NS +
	       within_32_bits(frame->fraction) * unit_ns(c);
}

void classic_set_time(const struct classic *c, struct capture_frame *frame,
		      __u64 time_ns)
{
	__u64 unit = unit_ns(c);

	time_ns += unit / 2;
	frame->seconds = (__s64)(time_ns / SECOND_NS);
	frame->fraction = (__s64)(time_ns % SECOND_NS / unit);
}

int classic_create(FILE *file, const char *name, const struct classic *like,
		   struct classic_writer **writer, struct fl_error *error)
{
	struct classic_writer *w = calloc(1, sizeof(*w));
	int snap = pcap_snapshot(like->pcap);

	*writer = w;
	if (!w)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	w->pcap = pcap_open_dead_with_tstamp_precision(
		pcap_datalink(like->pcap), snap < SNAP_MIN ? SNAP_MIN : snap,
		like->precision);
	if (!w->pcap)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	w->dumper = pcap_dump_fopen(w->pcap, file);
	if (!w->dumper)
		return fl_fail(error, FL_EXIT_ERROR, "%.200s: %.90s", name,
			       pcap_geterr(w->pcap));
	return 0;
}

void classic_write(struct classic_writer *w, const struct capture_frame *frame)
{
	struct pcap_pkthdr head = {
		.ts = { frame->seconds, frame->fraction },
		.caplen = frame->length,
		.len = frame->wire_length,
	};

	pcap_dump((u_char *)w->dumper, &head, frame->data);
}

void classic_free_writer(struct classic_writer *w)
{
	if (!w)
		return;
	if (w->pcap)
		pcap_close(w->pcap);
	free(w);
}
