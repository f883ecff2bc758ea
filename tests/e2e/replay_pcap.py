#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Captures for replay.sh: made, converted, sent and judged by scapy.

make FILE                        mixed traffic, always the same
convert IN OUT [KEY=VALUE...]    link=N nano=1 big=1 snap=N strip=N pad=N
frames FILE                      one line of hex for each frame
send DEV FILE                    by AF_PACKET, slowly
KIND IN OUT [ARGUMENT]           whether OUT is what KIND makes of IN"""

import collections
import logging
import random
import socket
import struct
import sys
import time

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import (  # noqa: E402
    ARP, Dot1Q, Ether, ICMP, ICMPv6DestUnreach, ICMPv6EchoRequest, IP,
    IPOption_NOP, IPv6, IPv6ExtHdrDestOpt, Raw, SCTP, TCP, UDP, fragment,
    raw)

sys.dont_write_bytecode = True
from replay_file import ETHERNET, Frame, ones_sum, read, write  # noqa: E402


# ---- files ------------------------------------------------------------------

def convert(source, target, **how):
    frames = []
    for f in read(source):
        data = f.data[how.get("strip", 0):]
        data += b"\0" * (how.get("pad", 0) - len(data))
        cut = data[:how.get("snap", len(data))]
        frames.append(Frame(f.seconds, f.fraction, cut, len(data)))
    write(target, frames, how.get("link", ETHERNET), how.get("nano", 0),
          how.get("big", 0))


# ---- traffic ----------------------------------------------------------------

def ether(**fields):
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", **fields)


def packet(rng):
    six, out = rng.random() < 0.4, rng.random() < 0.4
    near, far = ("fd77::1", "fd77::2") if six else ("10.77.0.1", "10.77.0.2")
    ends = {"src": near, "dst": far} if out else {"src": far, "dst": near}
    tos = rng.choice([0, 0, 1, 2, 3]) | rng.choice([0, 0, 0x28])
    if six:
        head = IPv6(tc=tos, **ends)
        if rng.random() < 0.1:
            head /= IPv6ExtHdrDestOpt(options=[])
    else:
        options = [IPOption_NOP()] * 4 if rng.random() < 0.1 else []
        head = IP(tos=tos, id=rng.randrange(65536), options=options, **ends)
    ports = {"sport": rng.choice([4000, 4001, 4002]),
             "dport": rng.choice([5000, 5001])}
    data = Raw(bytes(rng.randrange(256) for _ in range(rng.randrange(300))))
    kind = rng.choice(["tcp", "tcp", "tcp", "udp", "udp", "icmp", "sctp"])
    if kind == "tcp":
        upper = TCP(flags=rng.choice(["S", "A", "PA", "FA"]),
                    seq=rng.randrange(1 << 32), ack=rng.randrange(1 << 32),
                    **ports) / data
    elif kind == "udp":
        upper = UDP(**ports) / data
    elif kind == "sctp":
        upper = SCTP(**ports) / data
    elif six:
        upper = ICMPv6EchoRequest(id=rng.randrange(3), data=raw(data))
    else:
        upper = ICMP(id=rng.randrange(3)) / data
    tag = Dot1Q(vlan=12) if rng.random() < 0.1 else None
    return ether() / tag / head / upper if tag else ether() / head / upper


def make(path):
    rng = random.Random(7)
    packets = []
    for i in range(2000):
        packets.append(packet(rng))
        if i % 100 == 50:
            packets.append(ether() / ARP(pdst="192.0.2.1"))
            packets.append(ether(type=0x88CC) / Raw(b"\0" * 46))
        if i % 200 == 150:
            packets += fragment(
                ether() / IP(src="10.77.0.2", dst="10.77.0.1", id=i) /
                UDP(sport=7000, dport=7001) / Raw(b"x" * 1000), fragsize=400)
    frames = []
    for i, p in enumerate(packets):
        data = raw(p)
        frames.append(Frame(1700000000 + i // 1000, i % 1000 * 1000 + 7,
                            data, len(data)))
    write(path, frames)


def send(device, path):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((device, 0))
    for i, f in enumerate(read(path)):
        try:
            out.send(f.data)
        except OSError:
            pass        # a rejected packet that cannot be answered
        if i % 20 == 19:
            time.sleep(0.002)


# ---- judging ----------------------------------------------------------------

def fail(text):
    sys.exit(text)


def ip_of(frame):
    """-> where the IP header begins, where the upper one, protocol, length"""
    at = 18 if frame[12:14] == b"\x81\0" else 14
    kind = frame[at - 2:at]
    if kind == b"\x08\0":
        return (at, at + frame[at] % 16 * 4, frame[at + 9],
                struct.unpack_from(">H", frame, at + 2)[0])
    if kind == b"\x86\xdd":
        upper, proto = at + 40, frame[at + 6]
        if proto == 60:
            proto, upper = frame[upper], upper + frame[upper + 1] * 8 + 8
        return (at, upper, proto,
                40 + struct.unpack_from(">H", frame, at + 4)[0])
    return None


def is_fragment(frame):
    at = ip_of(frame)[0]
    return frame[at] >> 4 == 4 and \
        struct.unpack_from(">H", frame, at + 6)[0] & 0x3fff


def good_sums(frame):
    """That of IPv4, and the upper one of what is whole."""
    at, upper, proto, length = ip_of(frame)
    six = frame[at] >> 4 == 6
    data = frame[upper:at + length]
    addresses = frame[at + 8:at + 40] if six else frame[at + 12:at + 20]
    if proto in (6, 17, 58):
        data = addresses + struct.pack(">II", len(data), proto) + data
    if not six and ones_sum(frame[at:upper]) != 0xffff:
        return False
    return is_fragment(frame) or proto == 132 or ones_sum(data) == 0xffff


def flow_of(frame):
    at, upper, proto, _ = ip_of(frame)
    addresses = frame[at + 8:at + 40] if frame[at] >> 4 == 6 else \
        frame[at + 12:at + 20]
    return addresses, proto, frame[upper:upper + 4], frame[14:at]


def pairs(before, after):
    if len(before) != len(after):
        fail(f"{len(before)} frames became {len(after)}")
    for i, (a, b) in enumerate(zip(before, after)):
        if (a.seconds, a.fraction, a.wire) != (b.seconds, b.fraction, b.wire):
            fail(f"frame {i}: another time or length")
        yield i, a.data, b.data


def is_tcp(frame):
    ip = ip_of(frame)
    return ip is not None and ip[2] == 6


def kind_victims(before, after, lost):
    """proto tcp: of each flow those go whose number @lost says."""
    numbers, left = collections.Counter(), []
    for f in before:
        if not is_tcp(f.data):
            left.append(f)
            continue
        flow = flow_of(f.data)
        if not lost(numbers[flow]):
            left.append(f)
        numbers[flow] += 1
    if left != after:
        fail(f"{len(after)} frames left, not those {len(left)}")


def flipped(a, b):
    if len(a) != len(b):
        fail("another length")
    return [8 * i + bit for i in range(len(a)) for bit in range(8)
            if (a[i] ^ b[i]) >> bit & 1]


def kind_corrupt(before, after, count):
    harmed = 0
    for i, a, b in pairs(before, after):
        bits = flipped(a, b)
        if not bits:
            continue
        harmed += 1
        at, upper, proto, length = ip_of(a)
        if len(bits) != 1 or not at <= bits[0] // 8 < at + length:
            fail(f"frame {i}: not one bit of its IP packet: {bits}")
        # SCTP has a CRC, fragments a common sum, IPv6 options none.
        options = at + 40 <= bits[0] // 8 < upper and a[at] >> 4 == 6
        if proto != 132 and not is_fragment(a) and not options and \
                good_sums(b):
            fail(f"frame {i}: no checksum tells")
    if harmed != int(count):
        fail(f"{harmed} corrupted, {count} counted")


def kind_silent(before, after, count):
    """corrupt payload silent: one bit of payload, and a good checksum."""
    harmed = 0
    for i, a, b in pairs(before, after):
        if a == b:
            continue
        harmed += 1
        _, upper, proto, _ = ip_of(a)
        payload = upper + (20 if proto == 6 else 8)
        sum_at = upper + {6: 16, 17: 6}.get(proto, 2)
        mine = [bit for bit in flipped(a, b)
                if bit // 8 not in (sum_at, sum_at + 1)]
        if len(mine) != 1 or mine[0] // 8 < payload or not good_sums(b):
            fail(f"frame {i}: {mine}, sums {good_sums(b)}")
    if harmed != int(count):
        fail(f"{harmed} corrupted, {count} counted")


def kind_duplicate(before, after, count):
    at = copies = 0
    for f in after:
        if at < len(before) and f == before[at]:
            at += 1
        elif at and f == before[at - 1]:
            copies += 1
        else:
            fail(f"before frame {at}: what is that?")
    if at != len(before) or copies != int(count):
        fail(f"{copies} copies, {count} counted")


def tos_of(frame):
    at = ip_of(frame)[0]
    return (struct.unpack_from(">H", frame, at)[0] >> 4 & 0xff
            if frame[at] >> 4 == 6 else frame[at + 1])


def kind_mark(before, after, count):
    marked = 0
    for i, a, b in pairs(before, after):
        if a == b:
            continue
        marked += 1
        if tos_of(a) & 3 not in (1, 2) or tos_of(b) != tos_of(a) | 3 or \
                not good_sums(b):
            fail(f"frame {i}: {tos_of(a)} became {tos_of(b)}")
    # Those that were marked before count, but do not change.
    if not 0 < marked <= int(count):
        fail(f"{marked} marked, {count} counted")


def kind_mangle(before, after, count):
    """mangle ttl 3 mangle dscp ef"""
    for i, a, b in pairs(before, after):
        ip = ip_of(a)
        if ip is None or a == b:
            continue
        at = ip[0]
        ttl = b[at + 7] if b[at] >> 4 == 6 else b[at + 8]
        if ttl != 3 or tos_of(b) != 46 << 2 | tos_of(a) & 3:
            fail(f"frame {i}: ttl {ttl}, tos {tos_of(b)}")
        if not good_sums(b):
            fail(f"frame {i}: a checksum is bad")
    changed = sum(a != b for _, a, b in pairs(before, after))
    if changed != int(count):
        fail(f"{changed} changed, {count} counted")


def answer_is_good(a, b):
    p, q = Ether(a), Ether(b)
    head = IPv6 if IPv6 in p else IP
    swapped = (q.src, q.dst, q[head].src, q[head].dst) == \
        (p.dst, p.src, p[head].dst, p[head].src)
    if not swapped or not good_sums(b):
        return False
    if TCP in p:
        t, r = p[TCP], q[TCP]
        if "A" in t.flags:
            told = r.flags == "R" and r.seq == t.ack
        else:
            size = len(raw(t.payload)) + ("S" in t.flags) + ("F" in t.flags)
            told = r.flags == "RA" and r.ack == (t.seq + size) % (1 << 32)
        return told and (r.sport, r.dport) == (t.dport, t.sport)
    quote = raw(q[ICMPv6DestUnreach].payload if head is IPv6 else
                q[ICMP].payload)
    code = (q[ICMPv6DestUnreach].code == 4 if head is IPv6 else
            (q[ICMP].type, q[ICMP].code) == (3, 3))
    return code and len(quote) >= 28 and raw(p[head]).startswith(quote)


def kind_reject(before, after, count):
    """reject: at the times of packets, answers to them, or they are gone."""
    told, at = 0, 0
    times = {(f.seconds, f.fraction): f.data for f in before}
    for f in after:
        a = times[f.seconds, f.fraction]
        if a == f.data:
            if ip_of(a) is not None:
                fail("an IP packet passed")
            continue
        told += 1
        if not answer_is_good(a, f.data):
            fail(f"no good answer: {Ether(f.data).summary()}")
    if told != int(count):
        fail(f"{told} answers, {count} counted")


def kind_same(before, after, strip):
    """But for @strip bytes in front of each frame."""
    if [f.data[int(strip):] for f in before] != [f.data for f in after]:
        fail("not the same")


KINDS = {
    "nth": lambda a, b, n: kind_victims(
        a, b, lambda i: i % int(n) == int(n) - 1),
    "first": lambda a, b, n: kind_victims(a, b, lambda i: i < int(n)),
    "pattern": lambda a, b, bits: kind_victims(
        a, b, lambda i: bits[i % len(bits)] == "1"),
    "corrupt": kind_corrupt, "silent": kind_silent,
    "duplicate": kind_duplicate, "mark": kind_mark, "mangle": kind_mangle,
    "reject": kind_reject, "same": kind_same,
}


def main(verb, *words):
    if verb == "make":
        make(*words)
    elif verb == "send":
        send(*words)
    elif verb == "frames":
        print("\n".join(f.data.hex() for f in read(words[0])))
    elif verb == "convert":
        convert(*words[:2], **{key: int(value) for key, value in
                               (word.split("=") for word in words[2:])})
    else:
        KINDS[verb](read(words[0]), read(words[1]), *words[2:])


main(*sys.argv[1:])
