#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Captures for replay_hold.sh: made, and judged by when their packets go.

make FILE [KEY=VALUE...]    UDP in three flows; every tenth is no IP packet.
                            count=300 gap=1000000 (ns) nano=0 back=0 (ns, how
                            much too early every seventh is)
KIND IN OUT [KEY=VALUE...]  whether OUT is what KIND makes of IN, times in ns
ordered IN OUT OTHER        ... where OTHER is without "ordered\""""

import struct
import sys

sys.dont_write_bytecode = True
from replay_file import NANO, Frame, load, write  # noqa: E402

SECOND = 10 ** 9
CE = 3


# ---- traffic ----------------------------------------------------------------

def ones_sum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def build(number, tos=2):
    """Its number is in the payload; without a UDP checksum."""
    payload = struct.pack(">I", number) + bytes(20 + number * 131 % 900)
    if number % 10 == 9:
        return bytes(12) + b"\x88\xcc" + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 28 + len(payload),
                       number & 0xffff, 0, 64, 17, 0, bytes([10, 77, 0, 2]),
                       bytes([10, 77, 0, 1]))
    head = head[:10] + struct.pack(">H", ones_sum(head) ^ 0xffff) + head[12:]
    return bytes(12) + b"\x08\0" + head + struct.pack(
        ">HHHH", 4000 + number % 3, 5000, 8 + len(payload), 0) + payload


def is_ip(frame):
    return frame.data[12:14] == b"\x08\0"


def number_of(frame):
    return struct.unpack_from(">I", frame.data,
                              42 if is_ip(frame) else 14)[0]


def make(path, count=300, gap=1000000, nano=0, back=0):
    frames = []
    for i in range(count):
        time = 1700000000 * SECOND + i * gap - (back if i % 7 == 6 else 0)
        data = build(i)
        frames.append(Frame(time // SECOND,
                            time % SECOND // (1 if nano else 1000), data,
                            len(data)))
    write(path, frames, nano=nano)


# ---- what must come out -----------------------------------------------------

def fail(text):
    sys.exit(text)


class Capture:
    def __init__(self, path):
        magic, self.frames = load(path)
        self.unit = 1 if magic == NANO else 1000

    def time(self, frame):
        return frame.seconds * SECOND + frame.fraction * self.unit

    def at(self, frame, time, data):
        time = (time + self.unit // 2) // self.unit * self.unit
        return Frame(time // SECOND, time % SECOND // self.unit, data,
                     frame.wire)

    def arrivals(self):
        """A packet that is too early comes with the one before."""
        now = 0
        for frame in self.frames:
            now = max(now, self.time(frame))
            yield now, frame


def compare(got, want):
    for i, (a, b) in enumerate(zip(got, want)):
        if a != b:
            fail(f"frame {i}: number {number_of(a)} at {a.seconds}."
                 f"{a.fraction}, not {number_of(b)} at {b.seconds}."
                 f"{b.fraction}, or with other data")
    if len(got) != len(want):
        fail(f"{len(got)} frames, not {len(want)}")


def kind_exact(before, after, **how):
    """Each packet by a link of its own making: see Link."""
    link, events = Link(**how), []
    for now, frame in before.arrivals():
        if not is_ip(frame):
            events.append((now, 1, len(events), frame))
            continue
        for time, data in link.take(now, frame):
            held = time > now
            out = before.at(frame, time, data) if held else \
                frame._replace(data=data)
            # What was due at that moment has gone before one that came then.
            events.append((time, not held, len(events), out))
    compare(after.frames, [event[3] for event in sorted(events)])
    if "lost" in how and link.lost != how["lost"]:
        fail(f"{link.lost} are lost, and {how['lost']} were counted")
    if "held" in how and link.held != how["held"]:
        fail(f"{link.held} wait, and {how['held']} were counted")


class Link:
    """delay, rate (bits per second), queue (ns) or packets of it, ecn, gap of
    "reorder 100%", slot (ns) for so many packets, copies; or all marked."""

    def __init__(self, delay=0, rate=0, queue=None, packets=0, ecn=0, gap=0,
                 slot=0, slot_packets=0, copies=0, marked=0, lost=0, held=0):
        self.delay, self.rate, self.ecn, self.gap = delay, rate, ecn, gap
        self.queue = queue or (0 if packets else 100000000)
        self.packets, self.copies, self.marked = packets, copies, marked
        self.slot, self.slot_packets = slot, slot_packets
        self.count = self.free = self.slot_time = self.in_slot = 0
        self.waiting, self.lost, self.held = [], 0, 0

    def departure(self, now, frame):
        """-> when it goes, whether it is marked; or None"""
        time, marked = now + self.delay, self.marked
        self.waiting = [t for t in self.waiting if t > now]
        if self.packets and len(self.waiting) >= self.packets:
            return None
        if self.gap:
            self.count += 1
            if self.count % self.gap == 0:
                return now, False
        if self.rate:
            wait = max(self.free - time, 0)
            if self.queue and wait > self.queue:
                return None
            marked = self.ecn and (wait > self.queue // 2 if self.queue else
                                   len(self.waiting) >= self.packets // 2)
            time += wait + len(frame.data) * 8 * SECOND // self.rate
            self.free = time
        if self.slot:
            time = self.to_slot(now, time)
        return time, marked

    def to_slot(self, now, ready):
        if self.slot_time < ready or \
                0 < self.slot_packets <= self.in_slot:
            self.slot_time = max(max(self.slot_time, now) + self.slot, ready)
            self.in_slot = 0
        self.in_slot += 1
        return self.slot_time

    def take(self, now, frame):
        """-> (time, data) of the copy and the packet, as far as they go"""
        gone = []
        copy = self.departure(now, frame) if self.copies else None
        if copy:
            gone.append((copy[0], frame.data))
        mine = self.departure(now, frame)
        if not mine:
            self.lost += 1
            return gone
        if mine[0] > now:
            self.waiting.append(mine[0])
            self.held += 1
        gone.append((mine[0], build(number_of(frame), CE) if mine[1] else
                     frame.data))
        return gone


# ---- what may come out ------------------------------------------------------

def delays(before, after):
    """-> {number: delay in ns} of the IP packets, when all are there."""
    came = {number_of(f): now for now, f in before.arrivals()}
    if sorted(came) != sorted(number_of(f) for f in after.frames):
        fail("not the same packets")
    times = [after.time(f) for f in after.frames]
    if times != sorted(times):
        fail("not in order of time")
    return {number_of(f): time - came[number_of(f)]
            for f, time in zip(after.frames, times) if is_ip(f)}


def kind_jitter(before, after, delay, jitter):
    """Uniform from delay - jitter to delay + jitter."""
    found = list(delays(before, after).values())
    if min(found) < delay - jitter or max(found) > delay + jitter:
        fail(f"{min(found)} to {max(found)} ns")
    if max(found) - min(found) < 1.9 * jitter or \
            abs(sum(found) / len(found) - delay) > jitter / 5:
        fail(f"not spread evenly: {min(found)} to {max(found)} ns")


def kind_ordered(before, after, other):
    """The packets of a flow wait for each other, and for nothing else."""
    alone, together = delays(before, Capture(other)), delays(before, after)
    last, waited = {}, 0
    for now, frame in before.arrivals():
        number = number_of(frame)
        if not is_ip(frame):
            continue
        want = max(now + alone[number], last.get(number % 3, 0))
        if now + together[number] != want:
            fail(f"number {number}: {together[number]} ns, and "
                 f"{alone[number]} by itself")
        waited += together[number] > alone[number]
        last[number % 3] = want
    places = {}
    for frame in filter(is_ip, after.frames):
        number = number_of(frame)
        if number < places.get(number % 3, 0):
            fail(f"number {number} was overtaken")
        places[number % 3] = number
    if waited < 20:
        fail(f"only {waited} would have overtaken another")


def kind_reorder(before, after, delay, ahead):
    """Packets wait or do not."""
    found = list(delays(before, after).values())
    if set(found) != {0, delay} or found.count(0) != ahead:
        fail(f"{set(found)}: {found.count(0)} went ahead, {ahead} counted")


KINDS = {"exact": kind_exact, "jitter": kind_jitter, "reorder": kind_reorder}


def main(verb, *words):
    if verb == "ordered":
        kind_ordered(Capture(words[0]), Capture(words[1]), words[2])
        return
    files = 1 if verb == "make" else 2
    how = {key: int(value) for key, value in
           (word.split("=") for word in words[files:])}
    if verb == "make":
        make(words[0], **how)
    else:
        KINDS[verb](Capture(words[0]), Capture(words[1]), **how)


main(*sys.argv[1:])
