# SPDX-License-Identifier: GPL-2.0-only
"""How long a command takes, beside the tools that users know: attach, one rule
more, a file of rules, detach."""
import os
import statistics
import subprocess
import tempfile
import time

from lab import DEVICE, Failed, LIMIT
from peers import BULK_RULES, MOST_RULES, addresses, left_out
from veth import progress

PEERS = "tc", "nft", "xdp-filter"
TC = ("tc",)
FILTER = ("filter", "add", "dev", DEVICE, "ingress", "protocol", "ip", "u32",
          "match", "ip", "dport", "9", "0xffff")
NFT_CHAIN = "add chain netdev b c { type filter hook ingress device " + \
    DEVICE + " priority 0; }"


class Start:
    """Every command once a round, ours and the peers' in turn."""

    def __init__(self, lab, program, options):
        self.lab = lab
        self.program = program
        self.options = options
        self.ledgers = {}
        self.ms = {}                # (group, command): by round
        self._receiver = None
        self._files = tempfile.TemporaryDirectory(prefix="flb-start-")

    def setup(self):
        self._receiver = self.lab.receiver(lambda receiver: None)

    def _write(self, name, lines):
        path = os.path.join(self._files.name, name)
        with open(path, "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
        return path

    def _time(self, group, label, *words):
        """From the command's start to its end, in the namespace."""
        environment = {**os.environ,
                       "FAULTLINE_RUN": os.path.join(self._files.name, "run")}
        before = time.monotonic_ns()
        done = subprocess.run(
            ["nsenter", f"--net=/run/netns/{self._receiver.namespace}",
             *words], env=environment, capture_output=True, text=True,
            timeout=LIMIT, check=False)
        after = time.monotonic_ns()
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Failed(f"{label}: {said[-1] if said else 'no message'}")
        self.ms.setdefault((group, label), []).append((after - before) / 1e6)

    def _tc(self):
        batch = self._write("tc", (
            " ".join((*FILTER[:8], "match", "ip", "src", f"{a}/32", "match",
                      "ip", "dport", str(p), "0xffff"))
            for a, p in addresses(BULK_RULES)))
        self._time("attach", "tc qdisc add clsact", *TC, "qdisc", "add", "dev",
                   DEVICE, "clsact")
        self._time("add", "tc filter add u32", *TC, *FILTER)
        self._time("add -f", f"tc -batch, {BULK_RULES:,} filters", *TC,
                   "-batch", batch)
        self._time("detach", "tc qdisc del clsact", *TC, "qdisc", "del", "dev",
                   DEVICE, "clsact")

    def _nft(self):
        rules = self._write("nft", (
            f"add rule netdev b c ip saddr {a} udp dport {p} drop"
            for a, p in addresses(BULK_RULES)))
        self._time("attach", "nft add table and chain", "nft",
                   f"add table netdev b; {NFT_CHAIN}")
        self._time("add", "nft add rule", "nft",
                   "add rule netdev b c udp dport 9 drop")
        self._time("add -f", f"nft -f, {BULK_RULES:,} rules", "nft", "-f",
                   rules)
        self._time("detach", "nft delete table", "nft",
                   "delete table netdev b")

    def _xdp_filter(self):
        self._time("attach", "xdp-filter load", "xdp-filter", "load", DEVICE)
        self._time("detach", "xdp-filter unload", "xdp-filter", "unload",
                   DEVICE)

    def _faultline(self):
        self._time("attach", "faultline attach", self.program, "attach", DEVICE)
        for label, words in (("first", "in loss 1%"), ("next", "in loss 2%"),
                             ("first effect", "out proto udp duplicate 1%"),
                             ("next effect", "out proto udp duplicate 2%")):
            self._time("add", f"faultline add, {label}", self.program, "add",
                       DEVICE, *words.split())
        for count in BULK_RULES, MOST_RULES - 1:
            rules = self._write("faultline", (
                f"in proto udp src {a} dport {p} loss 1%"
                for a, p in addresses(count)))
            self._time("del", "faultline del all", self.program, "del", DEVICE,
                       "all")
            self._time("add -f", f"faultline add -f, {count:,} rules",
                       self.program, "add", DEVICE, "-f", rules)
        self._time("add", f"faultline add, beside {MOST_RULES - 1:,} more",
                   self.program, "add", DEVICE, "in", "loss", "3%")
        self._time("detach", "faultline detach", self.program, "detach",
                   DEVICE)

    def measure(self):
        peers = [peer for name, peer in
                 zip(PEERS, (self._tc, self._nft, self._xdp_filter))
                 if not left_out(name, self.options.without)]
        try:
            for number in range(self.options.rounds):
                progress(f"start: round {number + 1} of {self.options.rounds}")
                self._time("nothing", "a command that does nothing", "true")
                for peer in peers:
                    peer()
                if self.program:
                    self._faultline()
        finally:
            self._files.cleanup()

    def median(self, group, label):
        taken = self.ms.get((group, label))
        return statistics.median(taken) if taken else None

    def of(self, words):
        """Median of our command, in ms, or None."""
        for group, label in self.ms:
            if label.startswith(words):
                return self.median(group, label)
        return None

    def rows(self):
        for group, label in self.ms:
            yield {"group": group, "command": label,
                   "ms": self.median(group, label),
                   "min_ms": min(self.ms[group, label])}

    def print(self):
        print("\nstart: ms for a command, from outside; median and least")
        for group in dict.fromkeys(group for group, _ in self.ms):
            for of_group, label in self.ms:
                if of_group == group:
                    print(f"  {group:<9}{label:<34}"
                          f"{self.median(group, label):>8.1f}"
                          f"{min(self.ms[group, label]):>8.1f}")
