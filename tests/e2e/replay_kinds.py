#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Captures of every kind, made and judged without a library.

make KIND FILE                   the packets below in a file of that kind
judge RULE IN OUT                whether OUT is what RULE makes of IN
kinds                            the names of kinds, one a line
mutate FILE OUT N                a few bytes of it are anything

RULE is all (loss 0%), nth (proto udp loss nth 2), ttl (mangle ttl 9), delay (of
5 ms), reject, corrupt or silent (corrupt payload silent)."""

import collections
import random
import struct
import sys

from replay_file import ones_sum

V4, V6 = 0x0800, 0x86dd
COUNT = 12
Packet = collections.namedtuple("Packet", "place head data ticks wire options")


# ---- packets ----------------------------------------------------------------

def udp(source, target, payload):
    length = 8 + len(payload)
    pseudo = source + target + struct.pack(">II", length, 17)
    head = struct.pack(">HHHH", 4000, 4001, length, 0)
    told = ~ones_sum(pseudo + head + payload) & 0xffff or 0xffff
    return head[:6] + struct.pack(">H", told) + payload


def ip(number, six=False, size=40):
    payload = bytes((number + i) % 256 for i in range(size))
    if six:
        source, target = b"\xfd\x77" + b"\0" * 13 + b"\1", \
            b"\xfd\x77" + b"\0" * 13 + b"\2"
        upper = udp(source, target, payload)
        return struct.pack(">IHBB", 6 << 28, len(upper), 17, 64) + source + \
            target + upper
    source, target = b"\x0a\x4d\0\1", b"\x0a\x4d\0\2"
    upper = udp(source, target, payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(upper), number, 0, 64,
                       17, 0) + source + target
    return head[:10] + struct.pack(">H", ~ones_sum(head) & 0xffff) + \
        head[12:] + upper


def family(order, four, six):
    return lambda kind: struct.pack(order + "I", {V4: four, V6: six}[kind])


def ppp(*before):
    return lambda kind: bytes(before) + \
        struct.pack(">H", {V4: 0x21, V6: 0x57}[kind])


# name: LINKTYPE_, the header in front of an IP packet
LINKS = {
    "ethernet": (1, lambda kind: b"\2\0\0\0\0\2\2\0\0\0\0\1" +
                 struct.pack(">H", kind)),
    "vlan": (1, lambda kind: b"\2\0\0\0\0\2\2\0\0\0\0\1\x81\0\0\7" +
             struct.pack(">H", kind)),
    "raw": (101, lambda kind: b""),
    "sll": (113, lambda kind: struct.pack(">HHH8sH", 0, 1, 6,
                                          b"\2\0\0\0\0\1", kind)),
    "sll2": (276, lambda kind: struct.pack(">HHIHBB8s", kind, 0, 3, 1, 4, 6,
                                           b"\2\0\0\0\0\1")),
    "null": (0, family("<", 2, 30)),
    "null-big": (0, family(">", 2, 28)),
    "loop": (108, family(">", 2, 24)),
    "ppp": (9, ppp()),
    "ppp-hdlc": (9, ppp(0xff, 3)),
    "hdlc": (50, ppp(0xff, 3)),
    "pppd": (166, ppp(1, 3)),
    "cisco": (104, lambda kind: b"\x0f\0" + struct.pack(">H", kind)),
}


# ---- files ------------------------------------------------------------------

def block(order, kind, body):
    size = 12 + len(body) + -len(body) % 4
    return struct.pack(order + "II", kind, size) + body + \
        b"\0" * (-len(body) % 4) + struct.pack(order + "I", size)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + \
        b"\0" * (-len(value) % 4)


def section(order):
    text = option(order, 1, b"a section") + option(order, 0, b"")
    return block(order, 0x0a0d0d0a, struct.pack(
        order + "IHHq", 0x1a2b3c4d, 1, 0, -1) + text)


def interface(order, link, snap=0, resolution=6, offset=0):
    text = option(order, 2, b"eth%d" % link) + \
        option(order, 9, bytes([resolution])) + \
        option(order, 14, struct.pack(order + "q", offset)) + \
        option(order, 0, b"")
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + text)


def enhanced(order, number, ticks, data, wire, text=b""):
    options = option(order, 1, text) + option(order, 0, b"") if text else b""
    return block(order, 6, struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & 0xffffffff, len(data),
        wire) + data + b"\0" * (-len(data) % 4) + options)


def obsolete(order, number, ticks, data, wire):
    return block(order, 2, struct.pack(
        order + "HHIIII", number, 3, ticks >> 32, ticks & 0xffffffff,
        len(data), wire) + data + b"\0" * (-len(data) % 4))


def simple(order, data, wire):
    return block(order, 3, struct.pack(order + "I", wire) + data)


def frames(name, size=40):
    head = LINKS[name][1]
    for i in range(COUNT):
        six = i % 3 == 2
        yield i, head(V6 if six else V4) + ip(i, six, size)


def pcap(name, snap=65535, size=40):
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                      LINKS[name][0])
    for i, data in frames(name, size):
        out += struct.pack("<IIII", 1700000000, i * 1000,
                           min(len(data), snap), len(data)) + data[:snap]
    return out


def one_interface(name, order):
    out = section(order) + interface(order, LINKS[name][0])
    for i, data in frames(name):
        out += enhanced(order, 0, (1700000000 * 1000 + i) * 1000, data,
                        len(data), b"number %d" % i)
    return out


def several(order="<"):
    """One interface of each link type, none with the unit of the others."""
    out, number = section(order), 0
    for name, (link, _) in LINKS.items():
        unit = [6, 9, 0x9e, 3][number % 4]
        rate = 2 ** (unit & 127) if unit & 128 else 10 ** unit
        out += interface(order, link, [0, 70, 65535][number % 3], unit,
                         [0, 1000][number % 2])
        snap = [None, 70, None][number % 3]
        start = 1700000000 - [0, 1000][number % 2]
        for i, data in frames(name):
            ticks = start * rate + (number * COUNT + i) * rate // 1000
            out += enhanced(order, number, ticks, data[:snap], len(data),
                            b"of " + name.encode())
        out += block(order, 0x0bad, b"unknown")
        number += 1
    return out + block(order, 5, struct.pack(order + "III", 0, 0, 0))


def old_blocks(order):
    out = section(order) + interface(order, 1, 80)
    for i, data in frames("ethernet"):
        out += obsolete(order, 0, (1700000000 * 1000 + i) * 1000, data[:80],
                        len(data)) if i % 2 else \
            simple(order, data[:80], len(data))
    return out


KINDS = {name: lambda name=name: pcap(name) for name in LINKS}
KINDS.update({
    "cut": lambda: pcap("ethernet", 64), "cut-sll2": lambda: pcap("sll2", 70),
    "long": lambda: pcap("ethernet", size=30000),
    "long-sll": lambda: pcap("sll", size=60000),
    "ng": lambda: one_interface("ethernet", "<"),
    "ng-big": lambda: one_interface("sll", ">"),
    "ng-several": several, "ng-several-big": lambda: several(">"),
    "ng-sections": lambda: several() + one_interface("null", ">") +
    old_blocks("<") + several(">"),
    "ng-old": lambda: old_blocks("<"), "ng-old-big": lambda: old_blocks(">"),
})


# ---- reading ----------------------------------------------------------------

def head_of(link, data):
    """Length of what is in front of the IP packet."""
    for name, (number, make) in LINKS.items():
        for kind in (V4, V6):
            head = make(kind)
            # An answer over Ethernet goes to where its packet is from.
            back = head[6:12] + head[:6] + head[12:]
            if number == link and data[:len(head)] in (head, back) and \
                    data[len(head)] >> 4 == (4 if kind == V4 else 6):
                return len(head)
    sys.exit(f"link type {link}: {data[:24].hex()} is in front of nothing")


def load_pcap(data):
    link, at = struct.unpack_from("<I", data, 20)[0], 24
    out = []
    while at < len(data):
        seconds, fraction, length, wire = struct.unpack_from("<IIII", data, at)
        at += 16 + length
        frame = data[at - length:at]
        out.append(Packet((0, 0), head_of(link, frame), frame,
                          seconds * 10 ** 6 + fraction, wire, b""))
    return out, []


def load_ng(data):
    """-> packets, all other blocks"""
    order, at, links, snaps, part = "<", 0, [], [], 0
    packets, others = [], []
    while at < len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links, snaps, part = [], [], part + 1
        kind, size = struct.unpack_from(order + "II", data, at)
        body = data[at + 8:at + size - 4]
        if struct.unpack_from(order + "I", data, at + size - 4)[0] != size:
            sys.exit("the lengths of a block differ")
        at += size
        if kind in (2, 6):
            number, high, low, length, wire = struct.unpack_from(
                order + "5I", body)
            if kind == 2:
                number = struct.unpack_from(order + "H", body)[0]
            frame, ticks = body[20:20 + length], high << 32 | low
            rest = body[20 + length + -length % 4:]
        elif kind == 3:
            wire, number = struct.unpack_from(order + "I", body)[0], 0
            ticks, rest = None, b""
            frame = body[4:4 + min(wire, snaps[0] or wire)]
        else:
            if kind == 1:
                links.append(struct.unpack_from(order + "H", body)[0])
                snaps.append(struct.unpack_from(order + "I", body, 4)[0])
            others.append((kind, body))
            continue
        packets.append(Packet((part, number, kind), head_of(
            links[number], frame), frame, ticks, wire, rest))
    return packets, others


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    return load_ng(data) if data[:4] == b"\n\r\r\n" else load_pcap(data)


# ---- judging ----------------------------------------------------------------

def key_of(packet):
    """Its flow: addresses, and the VLAN."""
    head, data = packet.data[:packet.head], packet.data[packet.head:]
    return data[0] >> 4, b"\x81\0" in head


def nth(before):
    """proto udp loss nth 2"""
    seen = collections.Counter()
    for p in before:
        seen[key_of(p)] += 1
        if seen[key_of(p)] % 2:
            yield p


def with_ttl(packet, ttl=9):
    """mangle ttl 9"""
    head, data = packet.data[:packet.head], bytearray(packet.data[packet.head:])
    if data[0] >> 4 == 6:
        data[7] = ttl
    else:
        data[8], data[10:12] = ttl, b"\0\0"
        data[10:12] = struct.pack(">H", ~ones_sum(bytes(data[:20])) & 0xffff)
    return packet._replace(data=head + bytes(data))


def check_sums(packet):
    """-> whether those of a whole packet are good"""
    data = packet.data[packet.head:]
    if data[0] >> 4 == 4:
        if ones_sum(data[:20]) != 0xffff:
            return False
        addresses, upper = data[12:20], data[20:]
    else:
        addresses, upper = data[8:40], data[40:]
    return ones_sum(addresses + struct.pack(">II", len(upper), 17) +
                    upper) == 0xffff


def corrupted(before, after, silent):
    """corrupt 100% [payload silent]: one bit of each, told or not."""
    for b, a in zip(before, after):
        if b._replace(data=a.data) != a or b.data[:b.head] != a.data[:b.head]:
            return "more than the packet was changed"
        bits = sum(bin(x ^ y).count("1") for x, y in zip(b.data, a.data))
        if not silent and bits != 1:
            return f"{bits} bits"
        if b.data == a.data or check_sums(a) != silent:
            return "the checksum is wrong"
    return len(before) != len(after) and "another number of them"


def can_answer(packet):
    """Not to what is tagged, nor without the bytes to quote."""
    head, data = packet.data[:packet.head], packet.data[packet.head:]
    return b"\x81\0" not in head and \
        len(data) >= (20 if data[0] >> 4 == 4 else 40) + 28


def answered(before, after):
    """reject: an unreachable, behind the same link header."""
    before = [p for p in before if can_answer(p)]
    for b, a in zip(before, after):
        data, was = a.data[a.head:], b.data[b.head:]
        ends = (slice(12, 16), slice(16, 20)) if was[0] >> 4 == 4 else \
            (slice(8, 24), slice(24, 40))
        if a.head != b.head or a.place != b.place or a.ticks != b.ticks:
            return "not where the packet was"
        if (data[ends[0]], data[ends[1]]) != (was[ends[1]], was[ends[0]]):
            return "not to its sender"
        if a.options:
            return "with the comment of the packet"
    return len(before) != len(after) and "another number of them"


def late(packet, blocks):
    """-> ticks of 5 ms by the interface's unit, which is in its option"""
    if packet.ticks is None or not blocks:
        return 5000
    bodies = [body for kind, body in blocks if kind == 1]
    body = bodies[packet.place[1]]
    at = body.index(b"\0\x09\0\1" if body[8] == 0 else b"\x09\0\1\0", 8)
    unit = body[at + 4]
    return (2 ** (unit & 127) if unit & 128 else 10 ** unit) * 5 / 1000


def delayed(before, after, blocks):
    """delay 5ms, of one section: all go, so much later, but for what a time
    in ns cannot say."""
    for b, a in zip(before, after):
        if b._replace(ticks=0) != a._replace(ticks=0):
            return "others, or in another order"
        if b.ticks is not None and \
                abs(a.ticks - b.ticks - late(b, blocks)) > 2:
            return f"{b.ticks} became {a.ticks}"
    return len(before) != len(after) and "another number of them"


def judge(rule, source, target):
    (before, blocks), (after, passed) = load(source), load(target)
    if blocks != passed:
        sys.exit(f"{len(blocks)} blocks became {len(passed)}, or others")
    if rule == "nth":
        wrong = list(nth(before)) != after and "not those packets"
    elif rule == "ttl":
        wrong = [with_ttl(p) for p in before] != after and "not so"
    elif rule == "reject":
        wrong = answered(before, after)
    elif rule == "delay":
        wrong = delayed(before, after, blocks)
    elif rule == "all":
        wrong = before != after and "not the same"
    else:
        wrong = corrupted(before, after, rule == "silent")
    if wrong:
        sys.exit(f"{len(before)} packets, {len(after)} left: {wrong}")


def mutate(source, target, seed):
    rng = random.Random(int(seed))
    with open(source, "rb") as file:
        data = bytearray(file.read())
    for _ in range(rng.randrange(1, 8)):
        data[rng.randrange(len(data))] = rng.choice(
            [0, 1, 255, rng.randrange(256)])
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)):]
    with open(target, "wb") as file:
        file.write(data)


def main(verb, *words):
    if verb == "make":
        with open(words[1], "wb") as file:
            file.write(KINDS[words[0]]())
    elif verb == "kinds":
        print("\n".join(KINDS))
    elif verb == "mutate":
        mutate(*words)
    else:
        judge(*words)


main(*sys.argv[1:])
