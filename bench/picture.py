# SPDX-License-Identifier: GPL-2.0-only
"""Small multiples of a run's figures as SVG, from what goes into --json."""
import math
from html import escape

from veth import CROWDED, OURS, REFERENCE, flow_count

WIDTH, PANEL, GAP = 980, 290, 30    # pixels: the picture, a panel's height
COLUMNS = 2
TOP, BOTTOM = 84, 56                # beside the panels
HEAD = 58                           # of a panel: its title
LEFT, RIGHT, FOOT = 52, 118, 44     # of a panel: beside its lines
BAR_LABEL, BAR_VALUE = 158, 52      # the same, of bars
LINE_STEP = 15                      # between labels
INK, PALE, GRID = "#222222", "#666666", "#e3e3e3"
BLUE, SKY, GREY = "#0b5fa5", "#4a9bd9", "#9aa3ab"
ORANGE, GREEN, OLIVE = "#c2571a", "#2b8a57", "#85891a"
BROWN, VIOLET = "#8a4b2a", "#7a5195"
FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def text(x, y, words, size=12, color=INK, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'fill="{color}" text-anchor="{anchor}" font-weight="{weight}">'
            f'{escape(words)}</text>')


def line(start, end, color, width=1.0, dashes=""):
    style = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
            f'x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{color}" '
            f'stroke-width="{width}"{style}/>')


class Linear:
    """From a value to a place; from 0, or from what is less."""

    def __init__(self, values, start, end, steps=5):
        low, high = min(0, *values), max(*values, 1e-9)
        rough = (high - low) / steps
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10)
                    if unit * factor >= rough)
        self.low = math.floor(low / step) * step
        self.high = math.ceil(high / step) * step
        self.start, self.end = start, end
        count = round((self.high - self.low) / step)
        self.ticks = [self.low + i * step for i in range(count + 1)]

    def at(self, value):
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


class Logarithmic:
    """By powers of ten; what is below the first lies on it."""

    def __init__(self, values, start, end):
        least = min(max(value, 1) for value in values)
        self.low = math.floor(math.log10(least))
        self.high = max(math.ceil(math.log10(max(*values, 1))), self.low + 1)
        self.start, self.end = start, end
        self.ticks = [10 ** i for i in range(self.low, self.high + 1)]

    def at(self, value):
        share = ((math.log10(max(value, 10 ** self.low)) - self.low) /
                 (self.high - self.low))
        return self.start + share * (self.end - self.start)


class Series:
    def __init__(self, label, points, color, width=1.8, dashes=""):
        self.label = label
        self.points = points        # (x, y), x ascending
        self.color = color
        self.width = width
        self.dashes = dashes


class Lines:
    """y over x, which is logarithmic, each line with its name at its end."""

    def __init__(self, title, note, series, axis, x_ticks, x_title):
        self.title = title
        self.note = note
        self.series = [each for each in series if each.points]
        self.axis = axis            # Linear or Logarithmic, of y
        self.x_ticks = x_ticks      # {x: name}
        self.x_title = x_title

    def draw(self, x, y, width):
        places = Logarithmic(self.x_ticks, x + LEFT, x + width - RIGHT)
        places.low = math.log10(min(self.x_ticks))
        places.high = math.log10(max(self.x_ticks))
        values = [value for each in self.series for _, value in each.points]
        heights = self.axis(values, y + PANEL - FOOT, y + HEAD)
        parts = self._grid(places, heights)
        for each in self.series:
            parts += self._line(each, places, heights)
        return parts + self._labels(places, heights)

    def _grid(self, places, heights):
        parts = []
        for tick in heights.ticks:
            at = heights.at(tick)
            parts += [line((places.start, at), (places.end, at), GRID),
                      text(places.start - 7, at + 4, f"{tick:,g}", 11, PALE,
                           "end")]
        for value, name in self.x_ticks.items():
            parts.append(text(places.at(value), heights.start + 17, name, 11,
                              PALE, "middle"))
        middle = (places.start + places.end) / 2
        parts.append(text(middle, heights.start + 34, self.x_title, 11, PALE,
                          "middle"))
        return parts

    @staticmethod
    def _line(each, places, heights):
        spots = [(places.at(x), heights.at(y)) for x, y in each.points]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        style = f' stroke-dasharray="{each.dashes}"' if each.dashes else ""
        return [f'<polyline points="{way}" fill="none" stroke="{each.color}" '
                f'stroke-width="{each.width}"{style}/>',
                *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{each.width + 1}" '
                  f'fill="{each.color}"/>' for x, y in spots)]

    def _labels(self, places, heights):
        """Beside the ends, pushed apart, each tied to its own."""
        ends = sorted(((heights.at(each.points[-1][1]), each)
                       for each in self.series), key=lambda end: end[0])
        wanted = spread([at for at, _ in ends], heights.end, heights.start)
        parts = []
        for (end, each), at in zip(ends, wanted):
            spot = places.at(each.points[-1][0]), end
            beside = places.end + 12
            weight = "bold" if each.label == OURS else "normal"
            parts += [line((spot[0] + 5, spot[1]), (beside, at), each.color,
                           0.7, "1 2"),
                      text(beside + 3, at + 4, each.label, 12, each.color,
                           weight=weight)]
        return parts


def spread(wanted, low, high):
    """Places in ascending order, LINE_STEP apart, near those wanted."""
    places = []
    for place in wanted:
        places.append(max(place, places[-1] + LINE_STEP if places else low))
    limit = high
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit)
        limit = places[i] - LINE_STEP
    return places


class Bars:
    """One bar a row: (label, value, whether it is ours)."""

    def __init__(self, title, note, rows, form="{:+,.0f}", full=None):
        self.title = title
        self.note = note
        self.rows = [row for row in rows if row[1] is not None]
        self.form = form
        self.full = full            # {value: words} to mark, or None

    def draw(self, x, y, width):
        values = [value for _, value, _ in self.rows] + list(self.full or ())
        scale = Linear(values, x + BAR_LABEL, x + width - BAR_VALUE, 4)
        scale.low, scale.high = min(0, *values), max(*values, 1e-9)
        top = y + HEAD
        step = min(24, (PANEL - HEAD - 24) / len(self.rows))
        end = top + step * len(self.rows)
        parts = self._marks(scale, top, end)
        for number, (label, value, ours) in enumerate(self.rows):
            middle = top + step * (number + 0.5)
            parts += self._bar(label, value, ours, scale, (middle, step))
        zero = scale.at(0)
        return parts + [line((zero, top - 2), (zero, end), PALE)]

    def _marks(self, scale, top, end):
        parts = []
        for value, words in (self.full or {}).items():
            at = scale.at(value)
            parts += [line((at, top - 4), (at, end + 2), PALE, 1, "3 3"),
                      text(at, end + 15, words, 11, PALE, "middle")]
        return parts

    def _bar(self, label, value, ours, scale, place):
        middle, step = place
        zero, end = scale.at(0), scale.at(value)
        beside = max(zero, end, *map(scale.at, self.full or ()))
        thick = step * 0.64
        weight = "bold" if ours else "normal"
        return [
            f'<rect x="{min(zero, end):.1f}" y="{middle - thick / 2:.1f}" '
            f'width="{abs(end - zero):.1f}" height="{thick:.1f}" '
            f'fill="{BLUE if ours else GREY}"/>',
            text(scale.start - 8, middle + 4, label, 12,
                 BLUE if ours else INK, "end", weight),
            text(beside + 6, middle + 4, self.form.format(value), 12,
                 BLUE if ours else INK, weight=weight)]


# ---- what the panels show ----

class Figures:
    """Of veth, by what they are of."""

    def __init__(self, document):
        self.rows = [row for row in document.get("veth", ()) if row["valid"]]
        self.scale = document.get("scale", [])

    def over(self, mode, config, flows, rules=1):
        for row in self.rows:
            if (row["mode"], row["config"], row["flows"],
                    row["rules"]) == (mode, config, flows, rules):
                return row["over_bare_ns"]
        return None

    def over_flows(self, config, family=""):
        points = ((flow_count(flows), self.over("drop", config,
                                                flows + family))
                  for flows in ("1", "1k", "64k", "1m"))
        return [(x, y) for x, y in points if y is not None]

    def over_rules(self, one, many):
        """@one is the name with one rule, @many begins that with more."""
        points = [(1, self.over("drop", one, "1k"))]
        for row in self.rows:
            if row["mode"] == "drop" and row["rules"] > 1 and \
                    row["config"].startswith(many):
                points.append((row["rules"], row["over_bare_ns"]))
        return sorted((x, y) for x, y in points if y is not None)


def flows_panel(figures):
    series = [Series(label, figures.over_flows(config, family), color, *style)
              for label, config, family, color, *style in (
                  ("LRU hash map", "xdp lru hash", "", GREEN),
                  ("xdp-filter, full", "xdp-filter all", "", ORANGE),
                  ("crowded table", CROWDED, "", BLUE, 1.4, "4 3"),
                  (f"{OURS} IPv6", OURS, "/6", SKY),
                  (OURS, OURS, "", BLUE, 2.6))]
    return Lines("Over the number of flows", "drop everything: ns per packet "
                 "over bare XDP_DROP", series, Linear,
                 {1: "1", 1 << 10: "1k", 1 << 16: "64k", 1 << 20: "1M"},
                 "flows, uniform at random")


def rules_panel(figures):
    series = [Series(label, figures.over_rules(one, many), color, width)
              for label, one, many, color, width in (
                  ("iptables-nft", "iptables-nft", "iptables-nft", BROWN, 1.8),
                  ("nft, one by one", "nft ingress", "nft linear", OLIVE, 1.8),
                  ("iptables-legacy", "iptables-legacy", "iptables-legacy",
                   VIOLET, 1.8),
                  ("nft, one set", "nft ingress", "nft set", GREEN, 1.8),
                  (OURS, OURS, f"{OURS} ", BLUE, 2.6))]
    series = [each for each in series if len(each.points) > 1]
    ticks = {x: f"{x:,}" for each in series for x, _ in each.points}
    return Lines("Over the number of rules", "the last one drops; 1k flows: "
                 "ns over bare XDP_DROP, log scale", series, Logarithmic,
                 dict(sorted(ticks.items())), "rules")


def peers_panel(figures, mode, title, note):
    rows = [(row["config"], row["over_bare_ns"], row["config"] == OURS)
            for row in figures.rows
            if row["mode"] == mode and row["rules"] == 1 and
            row["flows"] == "1k" and row["over_bare_ns"] is not None and
            row["config"] not in (REFERENCE[mode], "generator alone", CROWDED)]
    return Bars(title, note, sorted(rows, key=lambda row: row[1]))


def tc_panel(figures):
    rows = [(f"{way}, {what}, {flows}",
             figures.over(f"{mode} {kind}", OURS, flows), True)
            for way, mode in (("in", "tc"), ("out", "out"))
            for what, kind in (("drop", "drop"), ("lose 1 %", "loss"))
            for flows in ("1k", "64k")]
    netem = figures.over("out loss", "netem", "1k")
    rows.append(("netem, out, lose 1 %", netem, False))
    return Bars("At tc, in and out", f"{OURS}, 1k and 64k flows: ns per "
                "packet over a minimal tc program", rows)


def cpus_panel(figures):
    rows = [(f"{row['config']}, {row['cpus']} CPUs", row["times_one"],
             row["config"] == OURS)
            for row in sorted(figures.scale, key=lambda row: (
                row["cpus"], row["config"] != OURS))
            if row["cpus"] > 1]
    full = {row["cpus"]: f"{row['cpus']}, the ideal" for row in figures.scale
            if row["cpus"] > 1}
    return Bars("Over CPUs", "one device, 1k flows a CPU: rate, times one "
                "CPU's; more is better", rows, "{:.2f}", full)


def panels(document):
    figures = Figures(document)
    drawn = (
        flows_panel(figures), rules_panel(figures),
        peers_panel(figures, "drop", "Beside peers: drop everything",
                    "1k flows: ns per packet over bare XDP_DROP"),
        peers_panel(figures, "loss", "Beside peers: lose 1 %, deliver the "
                    "rest", "1k flows: ns per packet over bare XDP_PASS"),
        tc_panel(figures), cpus_panel(figures))
    return [panel for panel in drawn
            if (panel.series if isinstance(panel, Lines) else panel.rows)]


def about(document):
    machine, options = document["machine"], document["options"]
    return (f"Linux {machine['kernel']}, {machine['cpu']}, "
            f"{machine['cores']} CPUs; median of {options['rounds']} "
            f"round{'s' if options['rounds'] > 1 else ''}"
            f"{', a quick run' if options['quick'] else ''}; commit "
            f"{machine['commit']}")


def draw(document):
    """The whole picture, as text."""
    shown = panels(document)
    rows = -(-len(shown) // COLUMNS)
    height = TOP + rows * (PANEL + GAP) + BOTTOM
    width = (WIDTH - GAP * (COLUMNS + 1)) / COLUMNS
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{height}" width="{WIDTH}" height="{height}" font-family="{FONT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(GAP, 38, "What faultline costs per packet, beside its peers",
             21, weight="bold"),
        text(GAP, 61, "CPU time of one core for sender, veth pair and "
             "receiver together; live UDP frames of 60 bytes. Less is better.",
             13, PALE)]
    for number, panel in enumerate(shown):
        x = GAP + (number % COLUMNS) * (width + GAP)
        y = TOP + number // COLUMNS * (PANEL + GAP)
        parts += [text(x, y + 16, panel.title, 15, weight="bold"),
                  text(x, y + 34, panel.note, 12, PALE),
                  *panel.draw(x, y, width)]
    parts += [text(GAP, height - 22, about(document), 11, PALE), "</svg>", ""]
    return "\n".join(parts)
