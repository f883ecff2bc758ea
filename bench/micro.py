# SPDX-License-Identifier: GPL-2.0-only
"""BPF_PROG_TEST_RUN: what the program alone costs, by bench/micro.c."""
import os
import statistics

from lab import run
from peers import LOSS, Faultline, Ledger, left_out
from veth import CROWD, CROWDED, LARGE, SMALL, number, progress

FLOWS = ("1", "1k", "64k", "1m", "1mz", "1/6", "1k/6", "64k/6", "1m/6")
QUICK = ("1", "1k", "64k", "1m", "1mz", "1k/6", "64k/6")
EMPTY = "drop"                      # micro.c's name for the bare wrapper
LRU = "lru"
TEXT = {
    EMPTY: "(XDP_DROP, absolute)",
    "prandom": "xdp prandom",
    LRU: "xdp lru hash",
    "one": "faultline",
    "big": "faultline --flows 1M",
    "many": "faultline 1024 rules",
    "crowded": CROWDED,
}
PEERS = TEXT["prandom"], TEXT[LRU]
LIMIT = 3600


class Micro:
    def __init__(self, lab, program, options):
        self.lab = lab
        self.program = program
        self.options = options
        self.flows = QUICK if options.quick else FLOWS
        self.targets = {}           # name: what micro.c takes
        self.six = {}               # the same, where IPv6 has its own
        self.ledgers = {}
        self.ns = {}                # (target, flows): by round
        self._receivers = {}        # (name, is for IPv6): attached
        self._packets = {}          # the same: how many it was given

    def setup(self):
        peers = self.lab.program("peers.bpf.o")
        lru = self.lab.program("lru.bpf.o")
        for name, where in (("prandom", f"obj:{peers}:xdp_loss"),
                            (LRU, f"obj:{lru}:lru_loss")):
            if not left_out(TEXT[name], self.options.without):
                self.targets[name] = where
        for i, where in enumerate(self.options.prog):
            self.targets[f"prog{i}"] = where
            TEXT[f"prog{i}"] = where[-22:]
        if self.program and not self.options.prog:
            for six in (False, True):
                self._attach("one", SMALL, 1, six)
                self._attach("big", LARGE, 1, six)
                self._attach("many", SMALL, 1024, six)
            self._attach("crowded", SMALL, 1, False)

    def _attach(self, name, flows, rules, six):
        """IPv6 apart, so that no table gets more than it promises."""
        setup = Faultline(self.program, "loss 1%", flows, rules)
        receiver = self.lab.receiver(setup)
        pin = os.path.join(receiver.faultline.pins, "xdp_prog")
        (self.six if six else self.targets)[name] = f"pin:{pin}"
        self._receivers[name, six] = receiver
        self.ledgers[name, six] = Ledger(
            f"micro loss 1%, {rules} rule{'s' if rules > 1 else ''}, "
            f"table for {flows}{' of IPv6' if six else ''}"
            f"{', crowded' if name == 'crowded' else ''}", LOSS)

    def measure(self):
        progress("micro")
        if "crowded" in self.targets:
            self._run([CROWD], ["crowded"], False, 0)
        for six in (False, True):
            for large in (False, True):
                self._measure(six, large)
        for key, ledger in self.ledgers.items():
            packets = self._packets[key]
            ledger.enter(packets, packets,
                         self._receivers[key].faultline.take())

    def _measure(self, six, large):
        flows = [flow for flow in self.flows
                 if flow.startswith("1m") == large and
                 flow.endswith("/6") == six]
        beyond = (("one", "many", "crowded") if large else
                  ("crowded",) if six else ())
        if flows:
            self._run(flows, [name for name in self.targets
                              if name not in beyond], six,
                      2 * self.options.rounds)

    def _run(self, flows, targets, six, rounds):
        where = {**self.targets, **self.six} if six else self.targets
        said = run(self.lab.program("micro"),
                   "-o", self.lab.program("flows.bpf.o"),
                   "-c", str(self.options.cpu),
                   "-r", str(rounds),
                   "-n", str(self.options.packets),
                   *(word for flow in flows for word in ("-f", flow)),
                   *(f"{name}={where[name]}" for name in targets),
                   limit=LIMIT)
        for line in said.splitlines():
            round_, target, flow, ns, count, _ = line.split()
            key = target, six
            self._packets[key] = self._packets.get(key, 0) + int(count)
            if int(round_):
                self.ns.setdefault((target, flow), []).append(float(ns))

    def net(self, target, flows):
        """Between the medians, for a round is seconds long: not paired."""
        if (target, flows) not in self.ns or unparsed(target, flows):
            return None
        return (statistics.median(self.ns[target, flows]) -
                statistics.median(self.ns[EMPTY, flows]))

    def rows(self):
        for target, flows in self.ns:
            yield {
                "program": TEXT.get(target, target), "flows": flows,
                "ns": statistics.median(self.ns[target, flows]),
                "min_ns": min(self.ns[target, flows]),
                "net_ns": self.net(target, flows),
            }

    def print(self):
        print("\nmicro: BPF_PROG_TEST_RUN, loss 1%, net ns/packet over the "
              "same wrapper and XDP_DROP")
        self._line("flows", self.flows)
        self._line(TEXT[EMPTY], (
            number(statistics.median(self.ns[EMPTY, flows]), 1)
            for flows in self.flows))
        for target in self.targets:
            self._line(TEXT[target], (number(self.net(target, flows), 1)
                                      for flows in self.flows))
        for target in self.targets:
            if target not in ("prandom", LRU):
                self._line("the first, times lru", (
                    self._ratio(target, flows) for flows in self.flows))
                break

    def _ratio(self, target, flows):
        lru, ours = self.net(LRU, flows), self.net(target, flows)
        return f"{lru / ours:.1f}x" if lru and ours and ours > 0 else "-"

    @staticmethod
    def _line(label, cells):
        print(f"  {label:<22}" + "".join(f"{cell:>8}" for cell in cells))


def unparsed(target, flows):
    """The LRU program knows IPv4 only."""
    return target == LRU and flows.endswith("/6")
