#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the vectors of the match fields that are tested on each packet, from
what README.md says of them and not from the C.

One vector per line, MATCH as add takes it:

MATCH [KEY=N]... -> yes|no[,mixed]

The keys describe the packet: family (4), proto (6), sport, dport, dscp,
tcp_flags, tcp_options, ip_options, payload (bytes), extension (the number of
an IPv6 extension header of 8 bytes), fragment_at (a later fragment, in 8 bytes
of the IP payload), and number, the packet's in its flow and direction, from 0.
With gso the packet is a buffer that stands for several, with so many bytes of
payload each, and segs of them where the kernel says how many. It is judged as
its first packet is, and mixed when not all are like it.
"""

import random

from gen import write

TCP, UDP, ICMP, SCTP, OTHER = 6, 17, 1, 132, 47
HEADERS = {TCP: 20, UDP: 8, ICMP: 8, SCTP: 12}
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
DSCPS = {"ef": 46, "cs0": 0, "cs7": 56, "af11": 10, "af43": 38}


def vector(match, answer, mixed=False, **packet):
    words = "".join(f" {key}={value}" for key, value in packet.items())
    return match + words, ("yes" if answer else "no") + ",mixed" * mixed


def aggregate(match, meets, packets, **buffer):
    """@meets(packet) says whether one of @packets, in order, meets MATCH."""
    answers = [meets(packet) for packet in packets]
    return vector(match, answers[0], len(set(answers)) > 1, **buffer)


def dscp():
    for words, value in list(DSCPS.items()) + [(n, n) for n in (0, 1, 63)]:
        for other in sorted({value, value ^ 1, value ^ 32, 0, 63}):
            for family in (4, 6):
                yield vector(f"dscp {words}", other == value, family=family,
                             dscp=other)


def flags():
    for _ in range(60):
        asked = random.sample(range(8), random.randrange(1, 5))
        clear = {bit for bit in asked if random.random() < 0.5}
        words = ",".join(("!" if bit in clear else "") + FLAGS[bit]
                         for bit in asked)
        right = sum(1 << bit for bit in asked if bit not in clear)
        right |= random.getrandbits(8) & ~sum(1 << bit for bit in asked)
        for value in (right, right ^ 1 << random.choice(asked),
                      random.getrandbits(8)):
            yield vector(f"flags {words}",
                         all((value >> bit & 1) != (bit in clear)
                             for bit in asked), tcp_flags=value)
    # FIN and PSH are in the last packet of an aggregate, CWR in the first.
    for words, right, wrong in (("FIN", 1, 0), ("PSH", 8, 0), ("!PSH", 0, 8),
                                ("CWR", 128, 0), ("!CWR", 0, 128),
                                ("ACK", 16, 0), ("PSH,!CWR", 8, 128),
                                ("!PSH,!CWR", 0, 136), ("!ACK", 0, 16)):
        for value in (0, 1, 8, 16, 128, 136, 152, 0xff):
            for count in (2, 3, 5):
                first, last = value & ~9, value & ~128
                every = [first] + [first & last] * (count - 2) + [last]
                yield aggregate(f"flags {words}",
                                lambda v, r=right, w=wrong:
                                v & r == r and not v & w, every,
                                tcp_flags=value, payload=100 * count, gso=100)
    # Nothing but TCP has flags, and later fragments have lost them.
    for proto in (UDP, ICMP, SCTP, OTHER):
        yield vector("flags !SYN", False, proto=proto, payload=20)
    yield vector("flags !SYN", False, fragment_at=1, payload=20)
    yield vector("flags !SYN", False, family=6, extension=44, fragment_at=1,
                 payload=20)


def length(packet):
    """Of the IP packet."""
    header = (40 + 8 * ("extension" in packet) if packet["family"] == 6 else
              20 + packet.get("ip_options", 0))
    return (header + HEADERS.get(packet["proto"], 0) +
            packet.get("tcp_options", 0) + packet["payload"])


def len_():
    packets = [dict(family=4, proto=TCP, payload=0),
               dict(family=4, proto=TCP, tcp_options=12, payload=9),
               dict(family=4, proto=UDP, ip_options=40, payload=100),
               dict(family=4, proto=OTHER, payload=1),
               dict(family=6, proto=UDP, payload=0),
               dict(family=6, proto=TCP, extension=60, payload=1000)]
    for packet in packets:
        right = length(packet)
        for low, high in ((right, right), (right + 1, right + 1),
                          (right - 1, right - 1), (0, right), (0, right - 1),
                          (right, right + 1), (right + 1, right + 2)):
            yield vector(f"len {low}-{high}", low <= right <= high, **packet)
        for low in (0, right, right + 1):
            yield vector(f"len {low}-", low <= right, **packet)
        yield vector(f"len {right}", True, **packet)
    yield from len_aggregates()


def len_aggregates():
    """Every packet but the last is headers and gso long."""
    shapes = [dict(family=4, proto=TCP), dict(family=6, proto=TCP),
              dict(family=4, proto=TCP, tcp_options=12, ip_options=8),
              dict(family=4, proto=UDP), dict(family=6, proto=UDP),
              dict(family=6, proto=UDP, extension=60)]
    for shape in shapes:
        for size, gso in ((1000, 250), (1001, 250), (1249, 250), (300, 299),
                          (300, 300), (200, 300), (900, 1)):
            head = length(dict(shape, payload=0))
            packets = [head + min(gso, size - at)
                       for at in range(0, size, gso)]
            ends = sorted({packets[0], packets[-1]})
            for low in sorted({e + d for e in ends for d in (0, 1)} |
                              {head + size}):
                for high in ("", low, *(e + d for e in ends
                                        for d in (-1, 0) if e + d >= low)):
                    yield aggregate(
                        f"len {low}-{high}",
                        lambda n, a=low, b=high: n >= a and n <= (b or n),
                        packets, payload=size, gso=gso, **shape)
    # SCTP's are as long as they were made, and the kernel says how many: as
    # long as they are on average, or as any packet can be.
    chunks = dict(proto=SCTP, payload=988, gso=65535, segs=4)
    for low, high, answer, mixed in (
            (0, 2000, True, False), (255, 255, True, True),
            (0, 254, False, True), (900, 1020, False, True),
            (1021, 2000, False, False), (0, 19, False, False)):
        yield vector(f"len {low}-{high}", answer, mixed, **chunks)


def payload():
    for family in (4, 6):
        for proto in (TCP, UDP, SCTP, ICMP, OTHER):
            for size in (0, 1, 100):
                yield vector("payload",
                             size and proto in (TCP, UDP, SCTP),
                             family=family, proto=proto, payload=size)
    yield vector("payload", False, tcp_options=40, payload=0)
    yield vector("payload", False, ip_options=40, payload=0)
    yield vector("payload", False, proto=UDP, fragment_at=1, payload=40)


def packets():
    last = (1 << 32) - 1
    for low, high in ((1, 1), (2, 2), (1, 3), (1000, 2000), (last, last),
                      (1, last - 1), (last - 1, last - 1)):
        for nth in sorted({1, low - 1, low, low + 1, high - 1, high, high + 1,
                           1 << 40} - {0}):
            yield vector(f"packets {low}-{high}",
                         low <= nth and (nth <= high or high == last),
                         number=nth - 1)
    for low in (1, 5, last):
        for nth in sorted({1, low - 1, low, low + 1, 1 << 32, 1 << 60} - {0}):
            yield vector(f"packets {low}-", low <= nth, number=nth - 1)


def main():
    for each in (dscp, flags, len_, payload, packets):
        write("match_" + each.__name__.rstrip("_"), each())


if __name__ == "__main__":
    main()
