/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many columns as the width allows, the most important
 * first; a flow whose addresses do not fit takes two lines.
 */
#include "text_flows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "flowtext.h"
#include "number.h"
#include "stream.h"
#include "style.h"

#define PROTO_WIDTH 5
#define END_MIN 21	  /* any IPv4 address with a port */
#define END_MAX 47	  /* any IPv6 address with a port */
#define MEASURED_MAX 1000 /* flows looked at for the width */

enum { RATE_PACKETS = FLOW_COLUMN_COUNT, RATE_DROPPED, VLAN, TEXT_COLUMNS };

/* What the reader is here for. */
enum aim { AIM_COUNTS, AIM_HARM, AIM_RATES, AIMS };

/*
 * In the order in which they stand. A rank of 0 is never shown unless it is
 * asked for; up to RANK_BASE a column goes before wider addresses.
 */
static const struct column {
	const char *title;
	unsigned int id, width;
	unsigned int rank[AIMS];
	bool rare; /* shown only where there is any */
} columns[] = {
	{ "VLAN", VLAN, 4, { 0, 0, 0 }, 0 },
	{ "PKT/S", RATE_PACKETS, 6, { 0, 0, 1 }, 0 },
	{ "DROP/S", RATE_DROPPED, 6, { 0, 0, 2 }, 0 },
	{ "PACKETS", FLOW_PACKETS, 7, { 0, 4, 4 }, 0 },
	{ "IN-PKTS", FLOW_IN_PACKETS, 7, { 2, 5, 7 }, 0 },
	{ "OUT-PKTS", FLOW_OUT_PACKETS, 8, { 3, 6, 8 }, 0 },
	{ "BYTES", FLOW_BYTES, 7, { 0, 0, 0 }, 0 },
	{ "IN-BYTES", FLOW_IN_BYTES, 8, { 5, 8, 10 }, 0 },
	{ "OUT-BYTES", FLOW_OUT_BYTES, 9, { 6, 9, 11 }, 0 },
	{ "DROPPED", FLOW_DROPPED, 7, { 1, 1, 3 }, 0 },
	{ "IN-DROP", FLOW_IN_DROPPED, 7, { 7, 10, 12 }, 0 },
	{ "OUT-DROP", FLOW_OUT_DROPPED, 8, { 8, 11, 13 }, 0 },
	{ "HARMED", FLOW_HARMED, 6, { 0, 2, 6 }, 1 },
	{ "IN-HARMED", FLOW_IN_HARMED, 9, { 0, 0, 0 }, 1 },
	{ "OUT-HARMED", FLOW_OUT_HARMED, 10, { 0, 0, 0 }, 1 },
#define WIDTH(title) (sizeof(title) < 8 ? 7 : sizeof(title) - 1)
/* Delays go before what is done to a few of a flow's packets. */
#define IS(id, what) (FL_EFFECT_##id == FL_EFFECT_##what)
#define RANK_HARM(id) (IS(id, DELAYED) ? 2 : IS(id, REORDERED) ? 3 : 7)
#define RANK_RATES(id) (IS(id, DELAYED) ? 3 : IS(id, REORDERED) ? 4 : 9)
#define EFFECT(id, label, help)                 \
	{ label,                                \
	  FLOW_##id,                            \
	  WIDTH(label),                         \
	  { 0, RANK_HARM(id), RANK_RATES(id) }, \
	  1 },                                  \
		{ "in." label,                  \
		  FLOW_IN_##id,                 \
		  WIDTH("in." label),           \
		  { 0, 0, 0 },                  \
		  1 },                          \
		{ "out." label,                 \
		  FLOW_OUT_##id,                \
		  WIDTH("out." label),          \
		  { 0, 0, 0 },                  \
		  1 },
#include <faultline/effects.def>
#undef EFFECT
	{ "IDLE", FLOW_IDLE, 4, { 4, 4, 5 }, 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define RANK_BASE 4
#define RANK_LAST 13

struct layout {
	enum aim aim;
	bool shown[COLUMNS];
	unsigned int end; /* width of one address with its port */
	unsigned int used, width;
};

static const struct sample_flow *flow_at(const struct out_flows *flows,
					 size_t i)
{
	return &flows->sample->flows[flows->order[i]];
}

static void show(struct layout *layout, size_t column)
{
	if (layout->shown[column])
		return;
	layout->shown[column] = true;
	layout->used += 1 + columns[column].width;
}

static bool any(const struct out_flows *flows, unsigned int column)
{
	for (size_t i = 0; i < flows->count; i++)
		if (flow_column(flow_at(flows, i), column))
			return true;
	return false;
}

/* Beside what else was done a column of nothing dropped is too much. */
static bool is_worth(const struct layout *layout, const struct out_flows *flows,
		     const struct column *column)
{
	bool rare = column->rare ||
		    (column->id == FLOW_DROPPED && layout->aim == AIM_HARM);

	return !rare || any(flows, column->id);
}

static void show_ranks(struct layout *layout, const struct out_flows *flows,
		       unsigned int first, unsigned int last)
{
	for (unsigned int rank = first; rank <= last; rank++) {
		for (size_t i = 0; i < COLUMNS; i++) {
			const struct column *column = &columns[i];

			if (column->rank[layout->aim] == rank &&
			    layout->used + 1 + column->width <= layout->width &&
			    is_worth(layout, flows, column))
				show(layout, i);
		}
	}
}

/* What cannot be left out: the column sorted by, and tags where there are. */
static void show_required(struct layout *layout, const struct out_flows *flows)
{
	bool tagged = false;

	for (size_t i = 0; i < flows->count && !tagged; i++)
		tagged = flow_at(flows, i)->tagged;
	for (size_t i = 0; i < COLUMNS; i++) {
		bool total = columns[i].id == FLOW_PACKETS &&
			     layout->aim == AIM_COUNTS;

		if ((columns[i].id == VLAN && tagged) ||
		    (columns[i].id == flows->sort && !total))
			show(layout, i);
	}
}

static unsigned int longest_end(const struct out_flows *flows)
{
	char text[FLOWTEXT_ENDPOINT_MAX];
	size_t longest = END_MIN;

	for (size_t i = 0; i < flows->count && i < MEASURED_MAX; i++) {
		size_t local = flowtext_local_end(flow_at(flows, i), text);
		size_t remote = flowtext_remote_end(flow_at(flows, i), text);

		if (local > longest)
			longest = local;
		if (remote > longest)
			longest = remote;
	}
	return (unsigned int)longest;
}

static struct layout make_layout(const struct out_flows *flows)
{
	struct layout layout = {
		.aim = flows->rates ? AIM_RATES :
		       any(flows, FLOW_HARMED) || any(flows, FLOW_DELAYED) ?
				      AIM_HARM :
				      AIM_COUNTS,
		.end = END_MIN,
		.used = PROTO_WIDTH + 2 * (1 + END_MIN),
		.width = out_width(),
	};
	unsigned int more = longest_end(flows) - END_MIN;

	show_required(&layout, flows);
	show_ranks(&layout, flows, 1, RANK_BASE);
	/* Half of the way would not spare a single second line. */
	if (layout.used + 2 * more <= layout.width) {
		layout.end += more;
		layout.used += 2 * more;
	}
	show_ranks(&layout, flows, RANK_BASE + 1, RANK_LAST);
	return layout;
}

static void print_head(const struct layout *layout)
{
	printf("%s%-*s %-*s %-*s", out_colour(OUT_HEAD), PROTO_WIDTH, "PROTO",
	       (int)layout->end, "LOCAL", (int)layout->end, "REMOTE");
	for (size_t i = 0; i < COLUMNS; i++) {
		const char *title = columns[i].title;

		if (!layout->shown[i])
			continue;
		printf(" %*s", (int)(columns[i].width - strlen(title)), "");
		for (; *title; title++)
			putchar(*title == '.' || *title == '_' ?
					'-' :
					toupper(*title));
	}
	printf("%s\n", out_colour(OUT_PLAIN));
}

/* "58s", "9m": one unit is enough here. */
static const char *print_idle(char text[OUT_NUMBER_MAX], __u64 idle_ns)
{
	out_time(text, idle_ns);
	text[strspn(text, "0123456789.") + 1] = '\0';
	return text;
}

static const char *print_rate(char text[OUT_NUMBER_MAX],
			      const struct out_flows *flows,
			      const struct sample_flow *flow,
			      const struct column *column)
{
	enum flow_column id = column->id == RATE_PACKETS ? FLOW_PACKETS :
							   FLOW_DROPPED;

	if (!flows->before)
		return out_rate(text, 0, 0, column->width);
	return out_rate(text, flow_gained(flows->before, flow, id),
			flows_interval_ns(flows->sample, flows->before),
			column->width);
}

static const char *print_value(char text[OUT_NUMBER_MAX],
			       const struct out_flows *flows,
			       const struct sample_flow *flow,
			       const struct column *column)
{
	switch (column->id) {
	case VLAN:
		if (!flow->tagged)
			return "-";
		snprintf(text, OUT_NUMBER_MAX, "%u", flow->vlan);
		return text;
	case RATE_PACKETS:
	case RATE_DROPPED:
		return print_rate(text, flows, flow, column);
	case FLOW_IDLE:
		return print_idle(text, flow->idle_ns);
	case FLOW_BYTES:
	case FLOW_IN_BYTES:
	case FLOW_OUT_BYTES:
		return out_bytes(text, flow_column(flow, column->id));
	}
	return out_short(text, flow_column(flow, column->id), column->width);
}

static void print_flow(const struct out_flows *flows,
		       const struct sample_flow *flow,
		       const struct layout *layout)
{
	char local[FLOWTEXT_ENDPOINT_MAX], remote[FLOWTEXT_ENDPOINT_MAX];
	const char *proto = flowtext_proto(flow->proto);
	size_t longest = flowtext_local_end(flow, local);
	size_t length = flowtext_remote_end(flow, remote);
	unsigned int end = layout->end;
	char value[OUT_NUMBER_MAX];

	if (length > longest)
		longest = length;
	if (longest > end)
		printf("%-*s %s\n  %-*s", PROTO_WIDTH, proto, local,
		       (int)(PROTO_WIDTH + 2 * (1 + end)) - 2, remote);
	else
		printf("%-*s %-*s %-*s", PROTO_WIDTH, proto, (int)end, local,
		       (int)end, remote);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (layout->shown[i])
			printf(" %*s", (int)columns[i].width,
			       print_value(value, flows, flow, &columns[i]));
	}
	putchar('\n');
}

int out_text_flows(const struct out_flows *flows, struct fl_error *error)
{
	struct layout layout = make_layout(flows);
	size_t all = flows->sample->count;

	(void)error;
	/* An empty line ends each block, for reader and program. */
	if (flows->before)
		putchar('\n');
	print_head(&layout);
	for (size_t i = 0; i < flows->count && !out_failed(); i++)
		print_flow(flows, flow_at(flows, i), &layout);
	if (!flows->rates && flows->count < all)
		out_note("%zu of %zu flows", flows->count, all);
	if (!flows->rates && !all)
		out_note("no flows%s", *flows->match ? " match" : " seen yet");
	return 0;
}
