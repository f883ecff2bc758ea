#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Senders of buffers that stand for several packets.

aggregates.py tcp DEV MAC SRC DST PAYLOAD GSO [flags=N] [vlan=N] [count=N]
    One buffer of TCP to MAC, with GSO bytes in each packet: as a virtual
    machine hands it over, who does not say how many packets it is.
aggregates.py udp DST PORT BYTES SEGMENT COUNT
    COUNT datagrams, which the kernel cuts into others of SEGMENT bytes
    (UDP_SEGMENT), as senders of QUIC do.
aggregates.py receive PORT
    Says "ready", and how many datagrams came before none did for a second.
"""

import ipaddress
import socket
import struct
import sys

SOL_UDP, UDP_SEGMENT = 17, 103
SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, GSO_TCPV4, GSO_TCPV6 = 1, 1, 4
TCP = 6


def folded(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def ip_header(src, dst, length):
    """Of an IP packet with @length bytes behind the header."""
    if src.version == 6:
        return struct.pack("!IHBB", 6 << 28, length, TCP, 64) + \
            src.packed + dst.packed
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0x4000, 64,
                       TCP, 0, src.packed, dst.packed)
    return head[:10] + struct.pack("!H", folded(head) ^ 0xffff) + head[12:]


def tcp(dev, mac, src, dst, payload, gso, **options):
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    length = 20 + int(payload)
    pseudo = src.packed + dst.packed + struct.pack("!HH", TCP, length)
    segment = struct.pack("!HHIIBBHHH", 4000, 5000, 1, 1, 5 << 4,
                          int(options.get("flags", 16)), 1000,
                          folded(pseudo), 0) + bytes(int(payload))
    link = bytes.fromhex(mac.replace(":", "")) + bytes(6)
    if "vlan" in options:
        link += struct.pack("!HH", 0x8100, int(options["vlan"]))
    link += struct.pack("!H", 0x86dd if src.version == 6 else 0x0800)
    ip = ip_header(src, dst, length)
    start = len(link) + len(ip)
    kind = GSO_TCPV6 if src.version == 6 else GSO_TCPV4
    about = struct.pack("=BBHHHH", NEEDS_CSUM, kind, start + 20, int(gso),
                        start, 16)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        wire.bind((dev, 0))
        for _ in range(int(options.get("count", 1))):
            wire.send(about + link + ip + segment)


def udp(dst, port, size, segment, count):
    family = socket.AF_INET6 if ":" in dst else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        out.setsockopt(SOL_UDP, UDP_SEGMENT, int(segment))
        out.connect((dst, int(port)))
        for _ in range(int(count)):
            try:
                out.send(bytes(int(size)))
            except ConnectionRefusedError:
                out.send(bytes(int(size)))


def receive(port):
    count = 0
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as into:
        into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        into.bind(("::", int(port)))
        print("ready", flush=True)
        into.settimeout(1)
        try:
            while into.recv(65536):
                count += 1
        except TimeoutError:
            print(count)


def main():
    words = [word for word in sys.argv[2:] if "=" not in word]
    options = dict(word.split("=") for word in sys.argv[2:] if "=" in word)
    {"tcp": tcp, "udp": udp, "receive": receive}[sys.argv[1]](*words, **options)


if __name__ == "__main__":
    main()
