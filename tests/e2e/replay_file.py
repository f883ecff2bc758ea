# SPDX-License-Identifier: GPL-2.0-only
"""Captures read and written without a library, whose bugs ours may share."""

import collections
import struct

Frame = collections.namedtuple("Frame", "seconds fraction data wire")
ETHERNET = 1
MICRO, NANO = 0xa1b2c3d4, 0xa1b23c4d


def ones_sum(data):
    """The ones' complement sum of 16-bit words (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def load_ng(data):
    """The enhanced packets of a pcapng in this machine's order."""
    frames, at = [], 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            _, high, low, length, wire = struct.unpack_from("<5I", data,
                                                            at + 8)
            ticks = high << 32 | low
            frames.append(Frame(ticks // 10 ** 6, ticks % 10 ** 6,
                                data[at + 28:at + 28 + length], wire))
        at += size
    return 0x0a0d0d0a, frames


def load(path):
    """-> magic number, frames"""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\n\r\r\n":
        return load_ng(data)
    order = ">" if data[:2] == b"\xa1\xb2" else "<"
    frames, at = [], 24
    while at < len(data):
        head = struct.unpack_from(order + "IIII", data, at)
        at += 16 + head[2]
        frames.append(Frame(head[0], head[1], data[at - head[2]:at], head[3]))
    return struct.unpack_from(order + "I", data)[0], frames


def read(path):
    return load(path)[1]


def write(path, frames, link=ETHERNET, nano=0, big=0):
    order = ">" if big else "<"
    with open(path, "wb") as file:
        file.write(struct.pack(order + "IHHIIII", NANO if nano else MICRO,
                               2, 4, 0, 0, 262144, link))
        for f in frames:
            file.write(struct.pack(order + "IIII", f.seconds, f.fraction,
                                   len(f.data), f.wire) + f.data)
