#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the test vectors, from the documented formulae and not from the C.

One vector per line: KIND PARAMETERS DRAW NUMBER -> REASON, where DRAW is the
packet's 64 random bits and NUMBER its number in the rule and flow, from 0;
and in rng.vec: rng SEED HASH NUMBER -> DRAW.
"""

import os
import random

MASK = (1 << 64) - 1
ONE = (1 << 32) - 1

random.seed(20240229)


def splitmix64(seed, flow_hash, number):
    """Output number + 1 of SplitMix64 begun at seed ^ flow_hash."""
    z = ((seed ^ flow_hash) + (number + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def lost(condition):
    return "dropped" if condition else "passed"


def bits64():
    return random.getrandbits(64)


def loss():
    """The upper 32 bits of the draw, as a fraction, against P; 0 is never."""
    probabilities = [0, 1, 2, ONE // 1000, ONE // 100, 1 << 31, (1 << 31) - 1,
                     ONE - 1, ONE] + [random.getrandbits(32) for _ in range(9)]
    for p in probabilities:
        tops = {0, 1, p, max(p - 1, 0), min(p + 1, ONE), ONE, ONE - 1,
                random.getrandbits(32), random.getrandbits(32)}
        for top in sorted(tops):
            draw = top << 32 | random.getrandbits(32)
            drops = p != 0 and (p == ONE or top <= p)
            yield f"loss {p} {draw:#x} {random.getrandbits(20)}", lost(drops)


def numbers(period):
    near = {k * period + d for k in (0, 1, 2, 1000) for d in (-1, 0, 1)}
    near |= {random.getrandbits(31) for _ in range(3)} | {2 ** 31 - 1}
    return sorted(n for n in near if 0 <= n < 2 ** 31)


def loss_nth():
    """Counting from one, the numbers that the period divides."""
    for period in (1, 2, 3, 7, 10, 64, 1000, 65536, 999999937, 1000000000):
        for n in numbers(period):
            yield (f"loss_nth {period} {bits64():#x} {n}",
                   lost((n + 1) % period == 0))


def loss_first():
    """Counting from one, the numbers up to the count."""
    for count in (1, 2, 3, 10, 1000, 1000000000):
        for n in numbers(count):
            yield (f"loss_first {count} {bits64():#x} {n}",
                   lost(n + 1 <= count))


def loss_pattern():
    """The digits one after the other, and again from the beginning."""
    patterns = ["0", "1", "01", "10", "00101", "1" * 64, "0" * 63 + "1",
                "0" * 64 + "1", "1" + "0" * 127, "0" * 127 + "1"]
    patterns += ["".join(random.choice("01") for _ in range(length))
                 for length in (3, 31, 32, 33, 63, 65, 100, 127, 128)]
    for digits in patterns:
        places = set(numbers(len(digits)))
        places |= {random.randrange(len(digits)) for _ in range(6)}
        for n in sorted(places):
            yield (f"loss_pattern {digits} {bits64():#x} {n}",
                   lost(digits[n % len(digits)] == "1"))


def always(kind, reason):
    for n in (0, 1, 2, 1000, 2 ** 31 - 1):
        for draw in (0, MASK, bits64()):
            yield f"{kind} {draw:#x} {n}", reason


def rng():
    fixed = [0, 1, MASK, 1 << 63, 0x0123456789ABCDEF]
    cases = [(s, h, n) for s in fixed for h in fixed
             for n in (0, 1, 2 ** 32 - 1, 2 ** 32, MASK)]
    cases += [(bits64(), bits64(), random.getrandbits(random.choice(
        (4, 16, 32, 64)))) for _ in range(80)]
    for seed, flow_hash, n in cases:
        yield (f"rng {seed:#x} {flow_hash:#x} {n}",
               f"{splitmix64(seed, flow_hash, n):#x}")


def write(name, vectors):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        name + ".vec")
    with open(path, "w", encoding="ascii") as out:
        for question, answer in vectors:
            out.write(f"{question} -> {answer}\n")


# The first outputs for seed 0, as every implementation has them.
assert splitmix64(0, 0, 0) == 0xE220A8397B1DCDAF
assert splitmix64(0, 0, 1) == 0x6E789E6AA1B965F4
write("loss", loss())
write("loss_nth", loss_nth())
write("loss_first", loss_first())
write("loss_pattern", loss_pattern())
write("blackhole", always("blackhole", "dropped"))
write("fail", always("fail", "failed"))
write("rng", rng())
