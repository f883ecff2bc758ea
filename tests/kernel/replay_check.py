#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The parser against somebody else's: traffic made by scapy, replayed through
the real XDP program, must come out as the conversations that tshark sees."""

import collections
import ipaddress
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import (  # noqa: E402
    AH, ARP, Dot1AD, Dot1Q, Ether, GRE, ICMP, ICMPv6EchoReply,
    ICMPv6EchoRequest, ICMPv6ND_NS, IP, IPOption_NOP, IPOption_RR, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, PadN, Padding, Raw, SCTP, SCTPChunkData, TCP, UDP,
    fragment, fragment6, wrpcap)

BUILD = os.environ.get("O", "build")
REPLAY = os.path.join(BUILD, "tests/tools/replay")
NAMES = {6: "tcp", 17: "udp", 132: "sctp"}
count = failed = 0


def ok(condition, name, *details):
    global count, failed
    count += 1
    if not condition:
        failed += 1
    print(f"{'ok' if condition else 'not ok'} {count} - {name}")
    if not condition:
        for detail in details:
            print(f"# {detail}")


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


# ---- traffic ----------------------------------------------------------------

def ether(**fields):
    """Both addresses given, or scapy would ask the network for them."""
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", **fields)


def link(rng):
    tags = rng.choice(["", "", "", "q", "adq"])
    head = ether()
    if tags == "adq":
        head /= Dot1AD(vlan=rng.randrange(1, 4095))
    if tags:
        head /= Dot1Q(vlan=rng.randrange(4095), prio=rng.randrange(8))
    return head


def address(rng, six):
    if six:
        return f"2001:db8:{rng.randrange(3):x}::{rng.randrange(1, 9):x}"
    return f"192.0.2.{rng.randrange(1, 12)}"


def ipv4(rng):
    options = rng.choice([[], [], [IPOption_NOP()] * 4,
                          [IPOption_RR(length=23, routers=["0.0.0.0"] * 5)]])
    return IP(src=address(rng, False), dst=address(rng, False),
              tos=rng.randrange(256), options=options)


def ipv6(rng, proto):
    head = IPv6(src=address(rng, True), dst=address(rng, True),
                tc=rng.randrange(256), fl=rng.randrange(1 << 20))
    for extension in rng.choice([
            [], [], [], [IPv6ExtHdrHopByHop(options=[PadN(optdata=b"1234")])],
            [IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 20)])],
            [IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::5"])],
            [IPv6ExtHdrHopByHop(), IPv6ExtHdrRouting(type=0, segleft=0),
             IPv6ExtHdrDestOpt()],
            [AH(nh=proto, payloadlen=4, spi=1, seq=2, icv=b"\0" * 12)],
            [IPv6ExtHdrFragment(id=77)]]):
        head = head / extension
    return head


def upper(rng, six):
    ports = {"sport": rng.choice([1024, 1025, 40000]),
             "dport": rng.choice([9999, 9998, 65000])}
    data = Raw(bytes(rng.randrange(256) for _ in range(rng.randrange(200))))
    kind = rng.choice(["tcp", "tcp", "udp", "udp", "sctp", "icmp", "gre"])
    if kind == "tcp":
        options = rng.choice([[], [("MSS", 1460), ("NOP", None),
                                   ("WScale", 7)], [("Timestamp", (1, 2))]])
        return TCP(flags=rng.choice(["S", "SA", "A", "PA", "FA"]),
                   options=options, **ports) / data
    if kind == "udp":
        return UDP(**ports) / data
    if kind == "sctp":
        return SCTP(**ports) / SCTPChunkData(data=b"12345678", tsn=1)
    if kind == "gre":
        return GRE(proto=0x9000) / data
    if six:
        return rng.choice([ICMPv6EchoRequest, ICMPv6EchoReply])(
            id=rng.randrange(3), data=b"ping")
    return ICMP(type=rng.choice([0, 8]), id=rng.randrange(3)) / b"ping"


def whole(rng):
    six = rng.random() < 0.4
    payload = upper(rng, six)
    # scapy does not know what comes after AH.
    proto = {TCP: 6, UDP: 17, SCTP: 132, GRE: 47, ICMP: 1}.get(
        type(payload), 58)
    packet = link(rng) / (ipv6(rng, proto) if six else ipv4(rng)) / payload
    if rng.random() < 0.2:
        packet = packet / Padding(b"\0" * 18)
    return packet


def pieces(rng):
    """Fragments of one UDP datagram, to conversations of their own."""
    data = UDP(sport=7000, dport=7001) / Raw(b"x" * 2000)
    if rng.random() < 0.5:
        packet = ether() / IP(src="198.51.100.1",
                              dst=f"198.51.100.{rng.randrange(2, 250)}",
                              id=rng.randrange(65536)) / data
        return fragment(packet, fragsize=800)
    head = IPv6(src="2001:db8:f::1",
                dst=f"2001:db8:f::{rng.randrange(2, 9999):x}")
    head /= IPv6ExtHdrFragment(id=rng.randrange(1 << 32))
    return fragment6(ether() / head / data, 900)


def traffic(path):
    rng = random.Random(1)
    packets = [whole(rng) for _ in range(1500)]
    for _ in range(20):
        packets += pieces(rng)
    for _ in range(7):
        packets.append(ether() / ARP(pdst="192.0.2.1"))
        packets.append(ether() / IPv6(src="fe80::1", dst="ff02::1") /
                       ICMPv6ND_NS(tgt="fe80::2"))
        packets.append(ether(type=0x88CC) / Raw(b"\0" * 46))
    wrpcap(path, packets)
    return len(packets)


# ---- both views -------------------------------------------------------------

def side(name, port):
    return str(ipaddress.ip_address(name)), port


def ours(path):
    """-> {(proto, frozenset of ends): (packets, bytes)}, total line"""
    result = subprocess.run([REPLAY, path], stdout=subprocess.PIPE,
                            check=True, universal_newlines=True)
    flows = collections.defaultdict(lambda: [0, 0])
    total = None
    for line in result.stdout.splitlines():
        words = line.split()
        if words[0] == "total":
            total = [int(word) for word in words[1:]]
            continue
        if words[0] == "#":
            continue
        proto = words[0]
        ends = tuple(sorted([side(words[1], int(words[2])),
                             side(words[3], int(words[4]))]))
        flows[proto, ends][0] += int(words[5])
        flows[proto, ends][1] += int(words[6])
    return flows, total


def tshark(path, *kinds):
    # Each fragment by itself, as the datapath sees them.
    command = ["tshark", "-n", "-q", "-r", path,
               "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]
    for kind in kinds:
        command += ["-z", f"conv,{kind}"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL,
                          universal_newlines=True).stdout


def end(text, with_port):
    if not with_port:
        return side(text, 0)
    name, port = text.rsplit(":", 1)
    return side(name.strip("[]"), int(port))


def conversations(path, kind, with_port):
    """Sums over conversations with the same ends: tshark splits streams."""
    sums = collections.defaultdict(lambda: [0, 0])
    for line in tshark(path, kind).splitlines():
        words = line.split()
        # a <-> b, then three times: frames, bytes, unit; the last is the sum
        if len(words) < 12 or words[1] != "<->":
            continue
        if words[11] != "bytes":
            raise ValueError(f"rounded by tshark: {line}")
        ends = tuple(sorted([end(words[0], with_port),
                             end(words[2], with_port)]))
        sums[ends][0] += int(words[9])
        sums[ends][1] += int(words[10])
    return sums


def differences(got, want):
    return [f"{ends}: faultline {list(got.get(ends, []))}, "
            f"tshark {list(want.get(ends, []))}"
            for ends in sorted(set(got) | set(want))
            if list(got.get(ends, [0, 0])) != list(want.get(ends, [0, 0]))]


def of_proto(flows, proto):
    return {ends: sums for (name, ends), sums in flows.items()
            if name == str(proto)}


def of_addresses(flows, version):
    sums = collections.defaultdict(lambda: [0, 0])
    for (proto, ends), (packets, length) in flows.items():
        if ipaddress.ip_address(ends[0][0]).version != version:
            continue
        # tshark leaves these out of conv,ipv6, though not out of conv,ip.
        if version == 6 and proto.endswith("f"):
            continue
        pair = tuple(sorted((name, 0) for name, _ in ends))
        sums[pair][0] += packets
        sums[pair][1] += length
    return sums


def compare(path, title, exempt=()):
    """@exempt: address pairs that only tshark counts."""
    flows, total = ours(path)
    for proto, name in NAMES.items():
        want = conversations(path, name, True)
        wrong = differences(of_proto(flows, proto), want)
        ok(not wrong, f"{title}: {len(want)} {name} conversations, "
           f"{sum(v[0] for v in want.values())} packets", *wrong[:5])
    for version, name in ((4, "ip"), (6, "ipv6")):
        want = conversations(path, name, False)
        for pair in exempt:
            want.pop(pair, None)
        wrong = differences(of_addresses(flows, version), want)
        ok(not wrong, f"{title}: {len(want)} {name} address pairs, "
           f"{sum(v[0] for v in want.values())} packets", *wrong[:5])
    return flows, total


def made_by_scapy(directory):
    path = os.path.join(directory, "mixed.pcap")
    packets = traffic(path)
    pair = tuple(sorted([side("fe80::1", 0), side("ff02::1", 0)]))
    flows, total = compare(path, "mixed", [pair])
    ok(total[:3] == [packets, 7, 14], "7 frames unparsed, 14 exempt, "
       f"of {packets}", total)
    later = sum(sums[0] for (name, _), sums in flows.items()
                if name.endswith("f"))
    ok(later == total[3] > 20, f"{later} later fragments", total)


def main():
    if os.geteuid():
        skip_all("needs root to load BPF programs")
    if not shutil.which("tshark"):
        skip_all("no tshark")
    if not os.path.exists(REPLAY):
        skip_all(f"no {REPLAY}: make tests")
    with tempfile.TemporaryDirectory() as directory:
        made_by_scapy(directory)
    for path in sys.argv[1:]:
        compare(path, os.path.basename(path))
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
