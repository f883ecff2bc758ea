#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the test vectors, from the documented formulae and not from the C.

One vector per line, of these words, those in brackets where they matter:

KIND PARAMETERS DRAW NUMBER [ecn= answerable= traced= state=] -> FATE [state=]

DRAW is the rule's 64 random bits for the packet, NUMBER the packet's number
in the rule and flow, from 0, state what is kept of the packets before and
for those after, and FATE a reason, and behind commas what is done besides.
When packets depart that are held, gen_depart.py says, and which packets a rule
matches, gen_match.py. And in files of their own, whose answers are numbers or
state only:

rng SEED HASH NUMBER -> DRAW
join FATE FATE -> FATE
prepare KIND PARAMETERS -> WRAP_AT [state=ENTER,LEAVE]
seed SEED -> state=LAST,S1,S2,S3,S4
"""

import os
import random
import re
from fractions import Fraction
from itertools import product

MASK = (1 << 64) - 1
ONE = (1 << 32) - 1
GOLDEN = 0x9E3779B97F4A7C15
MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
HERE = os.path.dirname(os.path.abspath(__file__))


def streams():
    """Which of the outputs of a SplitMix64 is a category's own, by name."""
    path = os.path.join(HERE, "../../include/faultline/categories.def")
    with open(path, encoding="ascii") as rows:
        return {name.lower(): int(number) for name, number in
                re.findall(r"^CATEGORY\((\w+), (\d+)\)", rows.read(), re.M)}


STREAMS = streams()


def mix(z):
    z = ((z ^ (z >> 30)) * MULTIPLIERS[0]) & MASK
    z = ((z ^ (z >> 27)) * MULTIPLIERS[1]) & MASK
    return z ^ (z >> 31)


def unmix(z):
    def unshift(z, bits):
        out = z
        for _ in range(64 // bits):
            out = z ^ (out >> bits)
        return out
    z = unshift(z, 31) * pow(MULTIPLIERS[1], -1, 1 << 64) & MASK
    z = unshift(z, 27) * pow(MULTIPLIERS[0], -1, 1 << 64) & MASK
    return unshift(z, 30)


def splitmix64(seed, flow_hash, number):
    """Output number + 1 of SplitMix64 begun at seed ^ flow_hash."""
    return mix(((seed ^ flow_hash) + (number + 1) * GOLDEN) & MASK)


def rule_draw(category, own):
    """The rule's draw that gives this category its own: stream 0 takes it as
    it is, the k-th of the others the k-th output of a SplitMix64 that the
    rule's draw begins."""
    if STREAMS[category] == 0:
        return own
    return (unmix(own) - STREAMS[category] * GOLDEN) & MASK


def lost(condition):
    return "dropped" if condition else "passed"


def bits64():
    return random.getrandbits(64)


def bits32():
    return random.getrandbits(32)


def chance(p, u):
    """u of 2^32 against P; 0 is never, and ONE always."""
    return p != 0 and (p == ONE or u <= p)


def near(*thresholds):
    """Numbers of 32 bits around these, the ends, and a few others."""
    out = {0, 1, ONE - 1, ONE, bits32(), bits32()}
    for t in thresholds:
        out |= {max(t - 1, 0), min(t, ONE), min(t + 1, ONE)}
    return sorted(out)


def draws(category, *thresholds):
    """Pairs of the rule's draw and the upper half of the category's own."""
    for top in near(*thresholds):
        yield rule_draw(category, top << 32 | bits32()), top


def some_draws(category, p):
    found = list(draws(category, p))
    return random.sample(found, min(6, len(found)))


def probabilities(others=9):
    return [0, 1, 2, ONE // 1000, ONE // 100, 1 << 31, (1 << 31) - 1,
            ONE - 1, ONE] + [bits32() for _ in range(others)]


def any_number():
    return random.getrandbits(20)


def loss():
    """The upper 32 bits of the draw, as a fraction, against P; 0 is never."""
    for p in probabilities():
        for draw, top in draws("loss", p):
            yield f"loss {p} 0 {draw:#x} {any_number()}", lost(chance(p, top))


def numbers(period):
    close = {k * period + d for k in (0, 1, 2, 1000) for d in (-1, 0, 1)}
    close |= {random.getrandbits(31) for _ in range(3)} | {2 ** 31 - 1}
    return sorted(n for n in close if 0 <= n < 2 ** 31)


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


def loss_trace():
    """The digit that the file has for the number; FIRST/LENGTH is where the
    file is kept."""
    for length in (1, 2, 63, 64, 65, 128, 1000, 1000003, 8 << 20):
        for n in sorted(set(random.sample(numbers(length), 3))):
            for digit in (0, 1):
                first = random.randrange((1 << 17) - (length + 63) // 64 + 1)
                yield (f"loss_trace {first}/{length} {bits64():#x} {n} "
                       f"traced={digit}", lost(digit == 1))


def rounded64(fraction):
    return min(MASK, int(MASK * fraction + Fraction(1, 2)))


def chance64(p, draw):
    return p != 0 and draw <= p


def near64(*values):
    """Draws at and beside the values, and some others."""
    close = {v + d for v in values for d in (-1, 0, 1)} | {0, 1, MASK}
    return sorted(v for v in close if 0 <= v <= MASK) + [bits64(), bits64()]


def burst_chain(loss_u32, burst_milli):
    """Enters with L / (B (1 - L)), leaves with 1 / B, of 2^64-1."""
    if loss_u32 == ONE:
        return MASK, 0
    rate, mean = Fraction(loss_u32, ONE), Fraction(burst_milli, 1000)
    return (rounded64(rate / (mean * (1 - rate))), rounded64(1 / mean))


BURSTS = [(0, 1000), (ONE, 1000), (ONE, 2500), (1, 4000000000),
          (ONE // 100, 1000), (ONE // 100, 10000), (ONE // 1000, 2500),
          (ONE // 2, 1000), (ONE // 2, 1001), (ONE * 9 // 10, 9000),
          (ONE * 9 // 10, 100000), (ONE // 3, 3333), (ONE - 1, 4000000000)]


def loss_burst():
    """0: new, as if it had run for ever; 1: the packet before was passed;
    2: it was lost."""
    for rate, mean in BURSTS:
        enter, leave = burst_chain(rate, mean)
        for state in (0, 1, 2):
            for draw in near64(rate << 32, enter, leave):
                drops = (chance(rate, draw >> 32), chance64(enter, draw),
                         not chance64(leave, draw))[state]
                yield (f"loss_burst {rate} {mean} {draw:#x} {any_number()} "
                       f"state={state}",
                       f"{lost(drops)} state={2 if drops else 1}")


def loss_gemodel():
    """P R 1-H 1-K; 0: good, 1: bad. The upper half of the draw moves it, the
    lower one decides by the state before."""
    half = 1 << 31
    cases = [(0, 0, 0, 0), (ONE, ONE, ONE, ONE), (0, ONE, ONE, 0),
             (ONE, 0, 0, ONE), (half, half, ONE, 0),
             (ONE // 100, ONE // 4, ONE // 2, ONE // 1000)]
    cases += [tuple(bits32() for _ in range(4)) for _ in range(4)]
    for p, r, bad, good in cases:
        for state in (0, 1):
            move, lose = (r, bad) if state else (p, good)
            for top in near(move):
                bottom = random.choice(near(lose))
                after = state ^ chance(move, top)
                yield (f"loss_gemodel {p} {r} {bad} {good} "
                       f"{top << 32 | bottom:#x} {any_number()} "
                       f"state={state}",
                       f"{lost(chance(lose, bottom))} state={int(after)}")


def four_next(state, u, p13, p31, p32, p23, p14):
    """netem's states 1 to 4; sums that reach ONE are for ever."""
    if state == 1:
        if chance(p14, u):
            return 4
        return 3 if chance(p13 + p14, u) else 1
    if state == 2:
        return 3 if chance(p23, u) else 2
    if state == 3:
        if chance(p32, u):
            return 2
        return 1 if chance(p31 + p32, u) else 3
    return 1


def loss_state():
    """P13 P31 P32 P23 P14, states kept from 0; the state that is entered
    decides: 3 and 4 lose."""
    tenth = ONE // 10
    cases = [(0, 0, 0, 0, 0), (ONE, 0, 0, 0, 0), (0, 0, 0, 0, ONE),
             (tenth, ONE - tenth, 0, ONE, 0), (0, ONE, 0, 0, ONE),
             (tenth, 5 * tenth, 2 * tenth, 3 * tenth, tenth // 10),
             (1 << 31, 1 << 31, (1 << 31) - 1, ONE, (1 << 31) - 1)]
    for _ in range(4):
        p13, p31, p23 = bits32(), bits32(), bits32()
        cases.append((p13, p31, random.randrange(ONE - p31 + 1), p23,
                      random.randrange(ONE - p13 + 1)))
    for case in cases:
        p13, p31, p32, p23, p14 = case
        words = " ".join(map(str, case))
        for state in (1, 2, 3, 4):
            limits = {1: (p14, p13 + p14), 2: (p23,), 3: (p32, p31 + p32),
                      4: ()}[state]
            for draw, top in draws("loss", *limits):
                after = four_next(state, top, *case)
                yield (f"loss_state {words} {draw:#x} {any_number()} "
                       f"state={state - 1}",
                       f"{lost(after >= 3)} state={after - 1}")


class Lfsr113:
    """L'Ecuyer's, as prandom_u32_state() and prandom_seed_state()."""
    STEPS = ((6, 13, 2, 18), (2, 27, 8, 2), (13, 21, 16, 7), (3, 12, 128, 13))

    def __init__(self, seed):
        self.fill(((seed >> 32) ^ (seed << 10) ^ seed) & ONE for _ in range(4))

    def fill(self, words):
        self.s = [word + least if word < least else word
                  for word, (_, _, least, _) in zip(words, self.STEPS)]

    def next(self):
        out = 0
        for k, (a, b, least, d) in enumerate(self.STEPS):
            s = self.s[k]
            feedback = (((s << a) & ONE) ^ s) >> b
            self.s[k] = (((s - s % least) << d) & ONE) ^ feedback
            out ^= self.s[k]
        return out


def kernel_self_test(seed):
    """What lib/random32.c tries at boot: four powers of the LCG, ten rounds
    to warm up, and the next."""
    generator = Lfsr113(0)
    generator.fill(seed * 69069 ** (k + 1) & ONE for k in range(4))
    return [generator.next() for _ in range(11)][-1]


def netem_begin(seed):
    """The number before the first is the seed's first draw, upper half."""
    return splitmix64(seed, 0, 0) >> 32, Lfsr113(seed)


def netem_steps(p, rho, begin):
    """get_crandom(): state before, x = u (1 - rho) + last rho, and after."""
    last, generator = netem_begin(begin)
    for _ in range(70):
        before = [last] + generator.s
        x = generator.next()
        if p and rho:
            x = last = (x * (2 ** 32 - (rho + 1)) + last * (rho + 1)) >> 32
        yield before, x, [last] + generator.s


def loss_netem():
    """Lost where x <= P; at 0 nothing is drawn."""
    cases = [(0, ONE // 4), (ONE, 0), (ONE // 4, 0), (ONE // 10, ONE // 4),
             (ONE * 3 // 10, ONE // 2), (1 << 31, ONE - 1), (1 << 31, ONE),
             (1 << 31, 1), (ONE - 1, ONE // 2)]
    seeds = [0, 1, 7, 128, MASK] + [bits64() for _ in range(4)]
    for rho in (0, ONE // 4):
        edge = [x for _, x, _ in netem_steps(1, rho, 5)][7]
        cases += [(edge, rho), (edge - 1, rho)]
        seeds += [5, 5]
    for (p, rho), begin in zip(cases, seeds):
        for n, (before, x, after) in enumerate(netem_steps(p, rho, begin)):
            yield (f"loss_netem {p} {rho} {bits64():#x} {n} "
                   f"state={','.join(map(str, before))}",
                   f"{lost(p != 0 and x <= p)} "
                   f"state={','.join(map(str, after if p else before))}")


def always(kind, reason):
    for n in (0, 1, 2, 1000, 2 ** 31 - 1):
        for draw in (0, MASK, bits64()):
            yield f"{kind} {draw:#x} {n}", reason


def reject():
    """Where RFC 1122, 4443 and 9293 let nobody be told, it is loss."""
    for question, _ in always("reject", None):
        yield f"{question} answerable=1", "rejected"
        yield f"{question} answerable=0", "dropped"


def duplicate():
    for p in probabilities(3):
        for draw, top in draws("duplicate", p):
            yield (f"duplicate {p} {draw:#x} {any_number()}",
                   "passed,duplicate" if chance(p, top) else "passed")


def corrupt():
    """P, part 0 any 1 headers 2 payload, silent."""
    words = ["corrupt", "corrupt,headers", "corrupt,payload"]
    for p, part, silent in product(probabilities(1), (0, 1, 2), (0, 1)):
        fate = "passed," + words[part] + (",silent" if silent else "")
        for draw, top in some_draws("corrupt", p):
            yield (f"corrupt {p} {part} {silent} {draw:#x} {any_number()}",
                   fate if chance(p, top) else "passed")


def mark_ce():
    """P, drop; ECN 0 has none, 3 is marked already."""
    for p, drop, ecn in product(probabilities(1), (0, 1), (0, 1, 2, 3)):
        fate = ("dropped" if drop else "passed") + ",not_ect"
        if ecn:
            fate = "passed" if ecn == 3 else "passed,mark"
        for draw, top in some_draws("mark", p):
            yield (f"mark_ce {p} {drop} {draw:#x} {any_number()} ecn={ecn}",
                   fate if chance(p, top) else "passed")


def mangle(kind, word, values):
    for value in values:
        for draw in (0, MASK, bits64()):
            yield (f"{kind} {value} {draw:#x} {any_number()} "
                   f"ecn={random.randrange(4)}", f"passed,{word}={value}")


def rng():
    fixed = [0, 1, MASK, 1 << 63, 0x0123456789ABCDEF]
    cases = [(s, h, n) for s in fixed for h in fixed
             for n in (0, 1, 2 ** 32 - 1, 2 ** 32, MASK)]
    cases += [(bits64(), bits64(), random.getrandbits(random.choice(
        (4, 16, 32, 64)))) for _ in range(80)]
    for draw_seed, flow_hash, n in cases:
        yield (f"rng {draw_seed:#x} {flow_hash:#x} {n}",
               f"{splitmix64(draw_seed, flow_hash, n):#x}")


def join():
    """Effects add up; of a duplicated packet that is lost one copy is left,
    and that is what it was before."""
    yield "join passed passed", "passed"
    for reason in ("dropped", "failed", "rejected"):
        yield f"join passed {reason}", reason
    yield "join passed,duplicate dropped", "passed"
    yield "join passed,duplicate,corrupt dropped", "passed,corrupt"
    yield "join passed,duplicate dropped,not_ect", "passed,not_ect"
    for reason in ("failed", "rejected"):
        yield f"join passed,duplicate,corrupt {reason}", reason
    yield "join passed,corrupt dropped,not_ect", "dropped,not_ect"
    yield "join passed dropped,not_ect", "dropped,not_ect"
    effects = ["duplicate", "corrupt", "headers", "payload", "silent", "mark",
               "not_ect", "ttl=77", "dscp=46"]
    for cut in range(1, len(effects)):
        yield (f"join passed,{','.join(effects[:cut])} "
               f"passed,{','.join(effects[cut:])}",
               f"passed,{','.join(effects)}")


def prepare():
    """The chain of loss in bursts; and where numbers may be turned back: at
    the largest multiple of the period up to 2^31."""
    for rate, mean in BURSTS + [(bits32(), random.randrange(1000, 10 ** 6))
                                for _ in range(40)]:
        enter, leave = burst_chain(rate, mean)
        for kind in ("loss", "loss_burst"):
            words = (enter >> 32, enter & ONE, leave >> 32, leave & ONE)
            yield (f"prepare {kind} {rate} {mean}",
                   f"0 state={','.join(map(str, words))}")
    yield f"prepare loss {bits32()} 0", "0"
    for period in (1, 2, 3, 7, 64, 1000, 999999937, 1000000000):
        wrap = 2 ** 31 - 2 ** 31 % period
        yield f"prepare loss_nth {period}", str(wrap)
        yield f"prepare loss_first {period}", "0"
        if period <= 128:
            yield f"prepare loss_pattern {'01' * 64}"[:21 + period], str(wrap)
        if period <= 8 << 20:
            yield f"prepare loss_trace 0/{period}", str(wrap)


def seed():
    for value in [0, 1, 2, 7, 8, 15, 16, 127, 128, 1 << 32, 1 << 54,
                  MASK] + [bits64() for _ in range(40)]:
        last, generator = netem_begin(value)
        yield (f"seed {value:#x}",
               f"state={','.join(map(str, [last] + generator.s))}")


def write(name, vectors, before=()):
    path = os.path.join(HERE, name + ".vec")
    # Each file by itself, so that one that changes leaves the others alone.
    random.seed(name)
    with open(path, "w", encoding="ascii") as out:
        out.writelines(f"{line}\n" for line in before)
        for question, answer in vectors:
            out.write(f"{question} -> {answer}\n")


def main():
    # The first outputs for seed 0, as every implementation has them.
    assert splitmix64(0, 0, 0) == 0xE220A8397B1DCDAF
    assert splitmix64(0, 0, 1) == 0x6E789E6AA1B965F4
    assert unmix(mix(0x123456789ABCDEF)) == 0x123456789ABCDEF
    assert [kernel_self_test(n) for n in (1, 2, 3, 4)] == [
        3484351685, 2623130059, 3125133893, 984847254]
    for each in (loss, loss_nth, loss_first, loss_pattern, loss_trace,
                 loss_burst, loss_gemodel, loss_state, loss_netem, reject,
                 duplicate, corrupt, mark_ce, rng, join, prepare, seed):
        write(each.__name__, each())
    write("blackhole", always("blackhole", "dropped"))
    write("fail", always("fail", "failed"))
    write("mangle_ttl", mangle("mangle_ttl", "ttl", (1, 2, 63, 64, 128, 255)))
    write("mangle_dscp", mangle("mangle_dscp", "dscp", range(64)))


if __name__ == "__main__":
    main()
