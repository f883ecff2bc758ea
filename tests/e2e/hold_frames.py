# SPDX-License-Identifier: GPL-2.0-only
"""Sends what tests/e2e/hold_frames.sh asks for from one network namespace to
another, and says whether it has come as it was sent."""
import ctypes
import hashlib
import os
import random
import socket
import struct
import sys
import threading
import time

from replay_file import ones_sum

UDP_SEGMENT = 103
PORT = 7100
WAIT = 10       # s
CLONE_NEWNET = 0x40000000


def open_in(namespace, *words):
    """A socket in that namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    made = socket.socket(*words)
    libc.setns(home, CLONE_NEWNET)
    os.close(there)
    os.close(home)
    made.settimeout(WAIT)
    return made


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def datagrams(sender, receiver, address, size, count, segment=0, mark=0,
              priority=0):
    """@count of them, of random bytes; "segment": @size bytes as many
    datagrams of so many bytes each, from one buffer."""
    family = family_of(address)
    source = open_in(sender, family, socket.SOCK_DGRAM)
    sink = open_in(receiver, family, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)    # SO_RCVBUFFORCE
    sink.bind((address, PORT))
    if mark:
        source.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    if priority:
        source.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, priority)
    if segment:
        source.setsockopt(socket.SOL_UDP, UDP_SEGMENT, segment)
    sent = []
    for _ in range(count):
        data = random.randbytes(size)
        source.sendto(data, (address, PORT))
        step = segment or size
        sent += [data[at:at + step] for at in range(0, size, step)]
        time.sleep(0.001)
    got = [sink.recv(70000) for _ in sent]
    return got == sent


def stream(sender, receiver, address, size):
    """A connection that carries so many random bytes."""
    family = family_of(address)
    server = open_in(receiver, family, socket.SOCK_STREAM)
    server.bind((address, PORT))
    server.listen()
    source = open_in(sender, family, socket.SOCK_STREAM)
    data = random.randbytes(size)

    def send():
        source.connect((address, PORT))
        source.sendall(data)
        source.close()

    threading.Thread(target=send, daemon=True).start()
    connection, _ = server.accept()
    connection.settimeout(WAIT)
    digest = hashlib.sha256()
    while chunk := connection.recv(1 << 20):
        digest.update(chunk)
    return digest.digest() == hashlib.sha256(data).digest()


def checksums(sender, receiver, address, size, device):
    """A datagram whose checksum is yet to be computed: where the receiving
    @device is told to compute it, and whether it is right then."""
    sniffer = open_in(receiver, socket.AF_PACKET, socket.SOCK_RAW,
                      socket.htons(0x0800))
    sniffer.setsockopt(263, 15, 1)      # SOL_PACKET, PACKET_VNET_HDR
    sniffer.bind((device, 0x0800))
    source = open_in(sender, socket.AF_INET, socket.SOCK_DGRAM)
    data = random.randbytes(size)
    source.sendto(data, (address, PORT))
    while True:
        got = sniffer.recv(70000)
        header, frame = got[:10], got[10:]
        if frame[23] == socket.IPPROTO_UDP and len(frame) > size:
            break
    flags, start, offset = struct.unpack("=B5xHH", header)
    if flags & 1:
        end = start + offset
        frame = frame[:end] + \
            struct.pack("!H", ~ones_sum(frame[start:]) & 0xffff) + \
            frame[end + 2:]
    return (not flags & 1 or (start, offset) == (34, 6)) and \
        frame[42:] == data


def main():
    kind, sender, receiver, address, *words = sys.argv[1:]
    values = {name: int(value) if value.isdigit() else value
              for name, value in (word.split("=") for word in words)}
    kinds = {"datagrams": datagrams, "stream": stream, "checksums": checksums}
    good = kinds[kind](sender, receiver, address, **values)
    sys.exit(0 if good else 1)


main()
