# SPDX-License-Identifier: GPL-2.0-only
"""Several CPUs at once, each with flows of its own, into one device."""
import os
import random
import statistics

from peers import Faultline, Ledger, left_out
from veth import (DELIVERED, DROP, OURS, REFERENCE, SMALL, flow_count, number,
                  progress)

FLOWS = "1k"                        # of each CPU
APART = 1 << 20                     # first flows of two CPUs
CPUS_MAX = 4
LABELS = (REFERENCE["drop"], "xdp-filter all", "xdp lru hash",
          "iptables-legacy")


class Scale:
    """CPU time says it: what they cost each other, each of them takes longer.

    Alone is the mean over the CPUs, each by itself, in the same round."""

    def __init__(self, lab, program, options):
        self.lab = lab
        self.program = program
        self.options = options
        self.ledgers = {}
        self.times = {}             # (label, CPUs): by round, or None
        self.ns = {}                # the same
        self._receivers = {}
        others = sorted(os.sched_getaffinity(0) - {options.cpu}, reverse=True)
        self.cpus = [options.cpu, *others][:CPUS_MAX]

    def counts(self):
        return [count for count in (2, 4) if count <= len(self.cpus)]

    def setup(self):
        if not self.counts():
            return
        setups = {label: DROP[label] for label in LABELS
                  if not left_out(label, self.options.without)}
        if self.program:
            setups[OURS] = Faultline(self.program, "blackhole", SMALL)
            self.ledgers[OURS] = Ledger("scale blackhole", 1)
        for label, setup in setups.items():
            # veth takes the queue of a frame from the number of its CPU.
            self._receivers[label] = self.lab.receiver(
                setup, queues=max(self.cpus) + 1)

    def measure(self):
        rounds = self.options.rounds
        for round_ in range(rounds + 1 if self._receivers else 0):
            progress(f"scale round {round_} of {rounds}")
            for label in random.sample(sorted(self._receivers),
                                       len(self._receivers)):
                self._measure(label, self.options.seconds if round_ else 0.02,
                              bool(round_))

    def _measure(self, label, seconds, keep):
        alone = [self._ns(label, seconds, [cpu]) for cpu in self.cpus]
        together = {count: self._ns(label, seconds, self.cpus[:count])
                    for count in self.counts()}
        if not keep:
            return
        self._keep(label, 1, [ns for ns, in alone] if all(alone) else None,
                   1)
        for count, each in together.items():
            base = alone[:count]
            good = each and all(base)
            times = (sum(1 / ns for ns in each) /
                     statistics.mean(1 / ns for ns, in base)
                     if good else None)
            self._keep(label, count, each, times)

    def _keep(self, label, count, each, times):
        self.times.setdefault((label, count), []).append(times)
        self.ns.setdefault((label, count), []).append(
            statistics.mean(each) if each else None)

    def _ns(self, label, seconds, cpus):
        """Of each CPU, or None for an invalid run."""
        receiver = self._receivers[label]
        sent, received = self.lab.send_together(
            receiver, FLOWS, seconds, 2 * flow_count(FLOWS),
            {cpu: self.cpus.index(cpu) * APART for cpu in cpus})
        packets = sum(each.packets for each in sent)
        if label in self.ledgers:
            self.ledgers[label].enter(packets, received,
                                      receiver.faultline.take())
        good = received > DELIVERED * packets
        return [each.ns for each in sent] if good else None

    def of(self, label, count=2):
        return median(self.times.get((label, count), ()))

    def rows(self):
        for label, count in self.times:
            yield {"config": label, "cpus": count,
                   "ns": median(self.ns[label, count]),
                   "times_one": self.of(label, count)}

    def print(self):
        if not self.times:
            print("\nscale: one CPU only: nothing to compare")
            return
        print(f"\nscale: drop everything on several CPUs, {FLOWS} flows each, "
              "one device")
        print(f"  {'config':<22}{'CPUs':>6}{'ns/pkt':>9}{'times one':>11}")
        for row in sorted(self.rows(),
                          key=lambda row: (row["config"], row["cpus"])):
            print(f"  {row['config']:<22}{row['cpus']:>6}"
                  f"{number(row['ns'], 1):>9}"
                  f"{number(row['times_one'], 2):>11}")


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None
