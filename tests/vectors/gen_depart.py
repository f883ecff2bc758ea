#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the vectors of departures, from what netem does and not from the C.

One packet per line, of these words, those in brackets where they matter:

depart now=NS draw=DRAW bytes=N ecn=N [delay=T,JITTER,CORR,TABLE]
  [reorder=P,CORR,GAP] [rate=BPS,OVERHEAD,CELL,CELLOVERHEAD] [queue=T,ECN]
  [slot=MIN,MAX,PACKETS,BYTES,TABLE] [line=...] -> RESULT NS [mark] [line=...]

DRAW is the rule's for the packet. RESULT is held (until NS), ahead (of those
that are held) or overflow. The line is what the rule keeps, before and after:
last numbers of delay and reorder, packets since the last reordered one, when
the link is free, when the slot opens, and packets and bytes in it; a rule
without one keeps nothing. Before them stand the tables they use:

table ID VALUE...
"""

import random

from gen import (GOLDEN, MASK, ONE, STREAMS, bits32, bits64, chance, mix, near,
                 rule_draw, write)

SCALE = 8192
OTHER = random.Random(15)
TABLES = {
    4: [-8192, -3, 0, 5, 4096, 8192, 32767],
    5: [-32768, 32767],
    6: [1],
    15: sorted(OTHER.randrange(-32768, 32768) for _ in range(64)),
    # No rule has such a one.
    7: [],
}
NOW = 123456789012345678
S = 10 ** 9
MS = 10 ** 6


def tables():
    for number, values in TABLES.items():
        if values:
            yield f"table {number} {' '.join(map(str, values))}"


def category_draw(draw, category):
    """The lower half of what rule_draw() is the inverse of."""
    return mix((draw + STREAMS[category] * GOLDEN) & MASK) & ONE


def draw_for(category, u):
    """A rule's draw that gives the category this number."""
    return rule_draw(category, bits32() << 32 | u)


def crandom(u, rho, last):
    """netem's get_crandom(): the number, and what is kept."""
    if rho == 0:
        return u, last
    x = (u * (2 ** 32 - (rho + 1)) + last * (rho + 1)) >> 32
    return x, x


def towards_zero(a, b):
    return -(-a // b) if a < 0 else a // b


def tabledist(mu, sigma, u, table):
    """netem's, of which what is negative is no time."""
    if sigma == 0:
        return mu
    if table == 0:
        return max(0, u % (2 * sigma) + mu - sigma)
    values = TABLES[table]
    t = values[u % len(values)] if values else 0
    x = sigma % SCALE * t
    x += SCALE // 2 if x >= 0 else -(SCALE // 2)
    return max(0, towards_zero(x, SCALE) + sigma // SCALE * t + mu)


def transmission(length, rate, overhead, cell, celloverhead):
    """packet_time_ns(); netem's rate is in bytes."""
    length = max(0, length + overhead)
    if cell:
        length = -(-length // cell) * max(0, cell + celloverhead)
    return min(length, 2 ** 31 - 1) * 8 * S // rate


class Line:
    def __init__(self, *values):
        (self.delay, self.reorder, self.gap, self.free, self.slot,
         self.packets, self.bytes) = values or (0,) * 7

    def __str__(self):
        return ",".join(map(str, (self.delay, self.reorder, self.gap,
                                  self.free, self.slot, self.packets,
                                  self.bytes)))


class Packet:
    """One, with what its rule asks for; keywords as in the vectors."""

    def __init__(self, now, draw=None, length=1000, ecn=0, **rule):
        self.now, self.length, self.ecn, self.rule = now, length, ecn, rule
        self.draw = bits64() if draw is None else draw

    def words(self):
        rule = "".join(f" {key}={','.join(map(str, value))}"
                       for key, value in self.rule.items())
        return (f"depart now={self.now} draw={self.draw:#x} "
                f"bytes={self.length} ecn={self.ecn}{rule}")

    def goes_ahead(self, line):
        p, rho, gap = self.rule["reorder"]
        if line.gap >= gap - 1:
            u = category_draw(self.draw, "reorder")
            u, line.reorder = crandom(u, rho, line.reorder)
            if chance(p, u):
                line.gap = 0
                return True
        # Is not counted any further, as it makes no difference.
        line.gap = min(line.gap + 1, max(gap, line.gap))
        return False

    def take_link(self, line, ready):
        """Departure and mark; None is an overflow."""
        wait = max(0, line.free - ready)
        limit, ecn = self.rule.get("queue", (0, 0))
        if limit and wait > limit:
            return None, False
        line.free = ready + wait + transmission(self.length,
                                                *self.rule["rate"])
        return line.free, bool(limit and ecn and self.ecn and
                               wait > limit // 2)

    def slot_length(self):
        least, most, _, _, table = self.rule["slot"]
        u = category_draw(self.draw, "slot")
        if table:
            return tabledist(least, most, u, table)
        return least + ((max(most, least) - least) * u >> 32)

    def take_slot(self, line, ready):
        """The slot that is filled opens the next at once."""
        _, _, packets, size, _ = self.rule["slot"]
        if (packets and line.packets >= packets) or (
                size and line.bytes >= size):
            opens, fresh = line.slot + self.slot_length(), True
        else:
            opens, fresh = line.slot, False
        if opens < ready:
            opens, fresh = max(line.slot, self.now) + self.slot_length(), True
        if fresh:
            line.slot, line.packets, line.bytes = max(opens, ready), 0, 0
        line.packets += 1
        line.bytes += self.length
        return line.slot

    def depart(self, line):
        """RESULT, NS and mark, for a line or None."""
        if "reorder" in self.rule and self.goes_ahead(line):
            return "ahead", self.now, False
        time, jitter, rho, table = self.rule.get("delay", (0, 0, 0, 0))
        u, mark = category_draw(self.draw, "delay"), False
        if line:
            u, line.delay = crandom(u, rho, line.delay)
        departure = self.now + tabledist(time, jitter, u, table)
        if "rate" in self.rule:
            ready = departure
            departure, mark = self.take_link(line, ready)
            if departure is None:
                return "overflow", ready, False
        if "slot" in self.rule:
            departure = self.take_slot(line, departure)
        return "held", departure, mark


def vector(packet, line=None):
    """Question and answer; @line is changed to what it is after."""
    question = packet.words() + (f" line={line}" if line else "")
    result, departure, mark = packet.depart(line)
    answer = f"{result} {departure}" + (" mark" if mark else "")
    return question, answer + (f" line={line}" if line else "")


def alone(packet):
    """Both with a line, which stays as it is, and without."""
    yield vector(packet)
    yield vector(packet, Line(*(random.getrandbits(20) for _ in range(7))))


def delay():
    for time in (0, 1, 100 * MS, 1000 * S):
        yield from alone(Packet(NOW, delay=(time, 0, 0, 0)))
    for jitter in (1, 2, 8191, 8192, 8193, 10 * MS, 2 ** 31 - 1):
        for time in (0, 1, jitter // 2, jitter, 10 * jitter, 1000 * S):
            for u in random.sample(near(2 * jitter, jitter), 3):
                yield from alone(Packet(NOW, draw_for("delay", u),
                                        delay=(time, jitter, 0, 0)))
    for table, values in TABLES.items():
        for jitter in (1, 8191, 8192, 12345, 10 * MS, 2 ** 31 - 1):
            for u in random.sample(near(len(values)), 3):
                time = random.choice((0, jitter, 20 * MS, 1000 * S))
                yield vector(Packet(NOW, draw_for("delay", u),
                                    delay=(time, jitter, 0, table)))
    for rho in (1, ONE // 4, 1 << 31, ONE - 1, ONE):
        for last in (0, 1, ONE, bits32()):
            table, u = random.choice((0, 4, 15)), bits32()
            yield vector(Packet(NOW, draw_for("delay", u),
                                delay=(5 * S, 2 ** 31 - 1, rho, table)),
                         Line(last, 0, 0, 0, 0, 0, 0))


def reorder():
    for p in (0, 1, ONE // 4, ONE - 1, ONE):
        for gap in (1, 2, 5):
            for before in (0, gap - 2, gap - 1, gap):
                for u in random.sample(near(p), 3):
                    yield vector(
                        Packet(NOW, draw_for("reorder", u),
                               delay=(MS, 0, 0, 0), reorder=(p, 0, gap)),
                        Line(0, 0, max(0, before), 0, 0, 0, 0))
    # A run of packets, correlated.
    for rho, gap in ((ONE // 2, 1), (ONE // 4, 3), (ONE, 1)):
        line = Line(bits32(), bits32(), 0, 0, 0, 0, 0)
        for n in range(40):
            yield vector(Packet(NOW + n * MS, delay=(9 * MS, MS, rho, 15),
                                reorder=(ONE * 2 // 5, rho, gap)), line)


RATES = [(8, 0, 0, 0), (10 ** 6, 0, 0, 0), (10 ** 12, 0, 0, 0),
         (3, -14, 0, 0), (10 ** 7, -65536, 0, 0), (10 ** 7, 65536, 0, 0),
         (10 ** 7, 20, 53, 5), (10 ** 7, 0, 48, -48), (10 ** 7, 0, 48, -49),
         (10 ** 7, 0, 1, 65536), (10 ** 7, -14, 65536, 65536),
         (8, 65536, 1, 65536)]


def rate():
    for each in RATES:
        for length in (0, 14, 60, 1514, 65549, 2 ** 20):
            free = random.choice((0, NOW - 1, NOW, NOW + 1, NOW + S))
            yield vector(Packet(NOW, length=length, rate=each),
                         Line(0, 0, 0, free, 0, 0, 0))
    # A burst, and then now and then one.
    for time, jitter in ((0, 0), (50 * MS, 0), (50 * MS, 40 * MS)):
        line, now = Line(), NOW
        for n in range(40):
            yield vector(Packet(now, length=random.randrange(60, 1515),
                                delay=(time, jitter, 0, 0),
                                rate=(10 ** 7, 0, 0, 0)), line)
            now += 0 if n < 20 else random.randrange(3 * MS)


def queue():
    for limit in (1, 2, 3, MS, 100 * MS, 1000 * S):
        for wait in (0, 1, limit // 2, limit // 2 + 1, limit, limit + 1):
            for ecn, codepoint in ((0, 1), (1, 0), (1, 1), (1, 2), (1, 3)):
                yield vector(Packet(NOW, ecn=codepoint, delay=(MS, 0, 0, 0),
                                    rate=(10 ** 6, 0, 0, 0),
                                    queue=(limit, ecn)),
                             Line(0, 0, 0, NOW + MS + wait, 0, 0, 0))
    line = Line()
    for n in range(60):
        yield vector(Packet(NOW + n * MS, ecn=n % 4, rate=(10 ** 6, 0, 0, 0),
                            queue=(40 * MS, 1)), line)


SLOTS = [(0, 0, 0, 0, 0), (20 * MS, 0, 0, 0, 0), (20 * MS, 20 * MS, 3, 0, 0),
         (MS, 20 * MS, 0, 3000, 0), (MS, 1000 * S, 2, 1500, 0),
         (20 * MS, 5 * MS, 0, 0, 15), (20 * MS, 2 ** 31 - 1, 4, 0, 5),
         (1, 2, 1, 1, 0)]


def slot():
    for each in SLOTS:
        for extra in ({}, {"delay": (30 * MS, 0, 0, 0)},
                      {"delay": (5 * MS, 4 * MS, 0, 0),
                       "rate": (10 ** 6, 0, 0, 0)}):
            line, now = Line(), NOW
            for n in range(15):
                yield vector(Packet(now, length=random.randrange(60, 1515),
                                    slot=each, **extra), line)
                now += random.choice((0, 0, 1, MS, 7 * MS, 60 * MS))
    for u in near(1 << 31):
        yield vector(Packet(NOW, draw_for("slot", u),
                            slot=(MS, 1000 * S, 0, 0, 0)), Line())


def depart():
    """All together."""
    rule = {"delay": (20 * MS, 5 * MS, ONE // 3, 15),
            "reorder": (ONE // 10, ONE // 5, 4),
            "rate": (10 ** 7, 20, 53, 5), "queue": (30 * MS, 1),
            "slot": (2 * MS, 9 * MS, 5, 6000, 0)}
    line, now = Line(bits32(), bits32(), 0, 0, 0, 0, 0), NOW
    for _ in range(150):
        yield vector(Packet(now, ecn=random.randrange(4),
                            length=random.randrange(60, 1515), **rule), line)
        now += random.randrange(3 * MS)


def main():
    for each in (delay, reorder, rate, queue, slot, depart):
        write(each.__name__, each(), tables())


if __name__ == "__main__":
    main()
