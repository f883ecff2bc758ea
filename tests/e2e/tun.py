#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tun.py echo DEVICE: the far end of a tun device, which sends each UDP packet
back where it came from, and writes down each packet that is not whole.

tun.py ask ADDRESS COUNT: sends so many datagrams of all sizes there and prints
"received N wrong N min_us N max_us N"; as nobody else answers, in order.
"""
import fcntl
import os
import random
import select
import socket
import struct
import sys
import time

PORT = 7
WAIT_S = 3
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def turned(packet):
    """The packet with its ends exchanged, which no checksum notices; or None,
    when it is no whole UDP packet."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 28 and packet[9] == 17 and \
            struct.unpack_from("!H", packet, 2)[0] == len(packet):
        head = packet[:12] + packet[16:20] + packet[12:16]
        udp = packet[20:]
    elif version == 6 and len(packet) >= 48 and packet[6] == 17 and \
            struct.unpack_from("!H", packet, 4)[0] + 40 == len(packet):
        head = packet[:8] + packet[24:40] + packet[8:24]
        udp = packet[40:]
    else:
        return None
    return head + udp[2:4] + udp[0:2] + udp[4:]


def echo(device):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF,
                struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    print("ready", flush=True)
    while True:
        packet = os.read(tun, 65536)
        answer = turned(packet)
        if answer:
            os.write(tun, answer)
        elif packet[0] >> 4 not in (4, 6):
            print("not whole:", packet[:24].hex(), flush=True)


def ask(address, count):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    asker = socket.socket(family, socket.SOCK_DGRAM)
    asker.connect((address, PORT))
    times, wrong = [], 0
    for _ in range(count):
        said = random.randbytes(random.randrange(1, 1400))
        sent = time.monotonic_ns()
        asker.send(said)
        if not select.select([asker], [], [], WAIT_S)[0]:
            continue
        wrong += asker.recv(65536) != said
        times.append((time.monotonic_ns() - sent) // 1000)
    print(f"received {len(times)} wrong {wrong} "
          f"min_us {min(times, default=0)} max_us {max(times, default=0)}")


if sys.argv[1] == "echo":
    echo(sys.argv[2])
else:
    ask(sys.argv[2], int(sys.argv[3]))
