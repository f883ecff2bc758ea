# SPDX-License-Identifier: GPL-2.0-only
"""Live frames through a veth pair: CPU time per packet, all of one core."""
import random
import statistics
import sys

from peers import (BULK_RULES, LOSS, MOST_RULES, NFT_LOSS, STATISTIC,
                   Faultline, Ledger, iptables, left_out, netem_in, netem_out,
                   nft, plain, tc, xdp, xdp_filter)

FLOWS = ("1", "1k", "64k", "1m", "1mz")
SMALL, LARGE = 1 << 16, 1 << 20     # --flows given to faultline
DELIVERED = 0.99                    # less of what was sent: an invalid run
ALONE = "generator alone"
OURS = "faultline"
CROWDED = f"{OURS}, crowded"        # its table had twice its promise once
CROWD = "128k"                      # which for SMALL is this
MINIMAL = "tc bpf"

DROP = {
    "xdp_drop": xdp("xdp_drop"),
    "xdp-filter udp": xdp_filter("udp"),
    "xdp-filter all": xdp_filter("all"),
    "xdp lru hash": xdp("lru_drop", "lru.bpf.o"),
    MINIMAL: tc("tc/drop"),
    "nft ingress": nft("ingress", "counter drop"),
    "nft prerouting": nft("prerouting", "counter drop"),
    "iptables-legacy": iptables("legacy", ""),
    "iptables-nft": iptables("nft", ""),
}
LOSE = {
    "no rule, no XDP": plain,
    "xdp_pass": xdp("xdp_pass"),
    "xdp prandom": xdp("xdp_loss"),
    "xdp lru hash": xdp("lru_loss", "lru.bpf.o"),
    MINIMAL: tc("tc/loss"),
    "netem behind ifb": netem_in,
    "nft ingress": nft("ingress", NFT_LOSS),
    "nft prerouting": nft("prerouting", NFT_LOSS),
    "iptables-legacy": iptables("legacy", STATISTIC),
    "iptables-nft": iptables("nft", STATISTIC),
}
# At tc; "out" is a host's own traffic, on its way to the device.
AT_TC = {
    "tc drop": {MINIMAL: tc("tc/drop")},
    "tc loss": {MINIMAL: tc("tc/loss")},
    "out drop": {MINIMAL: tc("tc/drop", "egress")},
    "out loss": {"no rule": plain, MINIMAL: tc("tc/loss", "egress"),
                 "netem": netem_out},
}
PEERS = {"drop": DROP, "loss": LOSE, **AT_TC}
REFERENCE = {"drop": "xdp_drop", "loss": "xdp_pass",
             **dict.fromkeys(AT_TC, MINIMAL)}
# At all numbers of flows, even in a quick run.
QUICK = {"drop": ("xdp_drop", "xdp-filter all"), "loss": ("xdp_pass",)}
TITLES = {
    "drop": "drop everything",
    "loss": "lose 1 %, the rest to a blackhole route",
    "tc drop": "drop everything at tc",
    "tc loss": "lose 1 % at tc, the rest to a blackhole route",
    "out drop": "drop everything that goes out",
    "out loss": "lose 1 % of what goes out, the rest to another host",
}


def flow_count(word):
    digits = word.split("/")[0].rstrip("kmz")
    return int(digits) << (20 if "m" in word else 10 if "k" in word else 0)


class Cell:
    """One figure of the tables: a configuration under a number of flows."""

    def __init__(self, mode, label, flows, setup, key, rules=1):
        self.mode = mode
        self.label = label
        self.flows = flows
        self.rules = rules
        self.setup = setup
        self.key = key              # cells of one key share a receiver
        self.receiver = None
        self.rounds = []            # Sent, or None for an invalid run

    @property
    def group(self):
        return self.mode, self.rules, self.flows

    def outgoing(self):
        return self.mode.startswith("out")

    def loses(self):
        return 1 if self.mode.endswith("drop") else LOSS

    def median(self, what):
        values = [what(sent) for sent in self.rounds if sent]
        return statistics.median(values) if values else None

    def valid(self):
        good = sum(1 for sent in self.rounds if sent)
        return good and 2 * good >= len(self.rounds)


def paired(one, other, function):
    """Median of function(ns, ns) over the rounds in which both are valid."""
    if not (one and other and one.valid() and other.valid()):
        return None
    values = [function(a.ns, b.ns) for a, b in zip(one.rounds, other.rounds)
              if a and b]
    return statistics.median(values) if values else None


class Plan:
    """Which cells there are, in the order of the tables."""

    def __init__(self, program, quick, without):
        self.program = program      # of faultline; None: peers only
        self.without = without      # peers: prefixes of their labels
        self.cells = []
        for mode in ("drop", "loss"):
            for flows in FLOWS:
                self._add_flows(mode, PEERS[mode], flows, quick)
        self._add_rules("drop", 64)
        self._add_rules("drop", BULK_RULES)
        self._add_ours("drop", "1k", MOST_RULES, MOST_RULES)
        if not quick:
            self._add_rules("loss", BULK_RULES)
        for mode in ("drop", "loss"):
            for flows in ("1k", "64k") if quick else FLOWS:
                label = REFERENCE[mode]
                self._add(mode, label, flows + "/6", PEERS[mode][label])
                self._add_ours(mode, flows + "/6")
        for mode, peers in AT_TC.items():
            for flows in ("1k", "64k"):
                for label, setup in peers.items():
                    self._add(mode, label, flows, setup)
                self._add_ours(mode, flows)

    def _add(self, mode, label, flows, setup, rules=1):
        if left_out(label, self.without):
            return
        key = mode, label, rules
        self.cells.append(Cell(mode, label, flows, setup, key, rules))

    def _add_ours(self, mode, flows, rules=1, count=1):
        if not self.program:
            return
        size = LARGE if flow_count(flows) > SMALL else SMALL
        words = "blackhole" if mode.endswith("drop") else "loss 1%"
        hook = mode.split()[0] if mode in AT_TC else "xdp"
        setup = Faultline(self.program, words, size, count, hook)
        label = OURS if rules == 1 else f"{OURS} {count} rules"
        # A table holds what it promises: flows of IPv6 have one of their own.
        key = mode, OURS, size, count, flows.endswith("/6")
        self.cells.append(Cell(mode, label, flows, setup, key, rules))
        if mode == "drop" and rules == 1 and flows in ("1k", "64k"):
            self.cells.append(Cell(mode, CROWDED, flows, setup,
                                   (mode, CROWDED)))

    def _add_flows(self, mode, peers, flows, quick):
        if mode == "drop" and flows == "1k":
            self.cells.append(Cell(mode, ALONE, flows, None, None))
        for label, setup in peers.items():
            if not quick or flows == "1k" or label in QUICK[mode] or (
                    "lru" in label and flows in ("64k", "1m")):
                self._add(mode, label, flows, setup)
        self._add_ours(mode, flows)

    def _add_rules(self, mode, count):
        drop = mode == "drop"
        self._add(mode, f"iptables-legacy {count}", "1k", iptables(
            "legacy", "" if drop else STATISTIC, count - 1), count)
        self._add(mode, f"iptables-nft {count}", "1k", iptables(
            "nft", "" if drop else STATISTIC, count - 1), count)
        verdict = "counter drop" if drop else NFT_LOSS
        self._add(mode, f"nft linear {count}", "1k",
                  nft("ingress", verdict, linear=count - 1), count)
        self._add(mode, f"nft set of {count}", "1k",
                  nft("ingress", verdict, members=count - 1), count)
        self._add_ours(mode, "1k", count,
                       1024 if count == BULK_RULES else count)


class Veth:
    def __init__(self, lab, program, options):
        self.lab = lab
        self.quick = options.quick
        self.rounds = options.rounds
        self.seconds = options.seconds
        self.cells = Plan(program, options.quick, options.without).cells
        self.ledgers = {}           # key: Ledger
        self.walls = []             # Sent, of one second each

    def setup(self):
        ready = {None: None}
        for cell in self.cells:
            if cell.key not in ready:
                ready[cell.key] = self.lab.receiver(cell.setup)
                if cell.label.startswith(OURS):
                    self._open_ledger(cell)
                if cell.label == CROWDED:
                    self._crowd(cell, ready[cell.key])
            cell.receiver = ready[cell.key]

    def _open_ledger(self, cell):
        words = " ".join(cell.setup.impairment)
        hook = "" if cell.setup.hook == "xdp" else f" ({cell.setup.hook})"
        family = " of IPv6" if cell.flows.endswith("/6") else ""
        crowded = ", crowded" if cell.label == CROWDED else ""
        name = (f"veth{hook} {words}, {cell.setup.rules} "
                f"rule{'s' if cell.setup.rules > 1 else ''}, "
                f"table for {cell.setup.flows}{family}{crowded}")
        self.ledgers[cell.key] = Ledger(name, cell.loses())

    def _crowd(self, cell, receiver):
        sent = self.lab.send(receiver, CROWD, 0.02, 4 * flow_count(CROWD))
        self.ledgers[cell.key].enter(sent.packets, sent.received,
                                     receiver.faultline.take())

    def measure(self):
        """Every round all cells in an order of its own; round 0 is warm-up."""
        for number in range(self.rounds + 1):
            progress(f"veth round {number} of {self.rounds}")
            for cell in random.sample(self.cells, len(self.cells)):
                sent = self._send(cell, self.seconds if number else 0.02)
                if number:
                    good = sent.delivered > DELIVERED and sent.ns
                    cell.rounds.append(sent if good else None)
        self._measure_wall()

    def _measure_wall(self):
        """Long runs: the start and end of the generator do not count then."""
        cell = self.find("loss", OURS, "1mz")
        for _ in range(3 if cell else 0):
            progress("veth wall clock")
            sent = self._send(cell, 1.0)
            if sent.delivered > DELIVERED:
                self.walls.append(sent)

    def _send(self, cell, seconds):
        # Each flow has its first packets behind it: made, and owned.
        warm = flow_count(cell.flows) * 4
        send = self.lab.send_out if cell.outgoing() else self.lab.send
        sent = send(cell.receiver, cell.flows, seconds, warm)
        if cell.key in self.ledgers:
            self.ledgers[cell.key].enter(sent.packets, sent.received,
                                         cell.receiver.faultline.take())
        return sent

    def find(self, mode, label, flows, rules=1):
        for cell in self.cells:
            if (cell.mode, cell.label, cell.flows,
                    cell.rules) == (mode, label, flows, rules):
                return cell
        return None

    def ours(self, cell):
        """Faultline's figure that belongs beside this one."""
        for other in self.cells:
            if other.group == cell.group and other.label.startswith(
                    OURS) and other.label != CROWDED:
                return other
        return None

    def rows(self):
        """One dictionary per cell; None where there is no figure."""
        for cell in self.cells:
            bare = self.find(cell.mode, REFERENCE[cell.mode], cell.flows)
            yield {
                "mode": cell.mode, "config": cell.label, "rules": cell.rules,
                "flows": cell.flows, "valid": bool(cell.valid()),
                "ns": cell.median(lambda sent: sent.ns),
                "min_ns": min((sent.ns for sent in cell.rounds if sent),
                              default=None),
                "wall_mpps": cell.median(lambda sent: sent.wall_mpps),
                "delivered": cell.median(lambda sent: sent.delivered),
                "share_of_bare": paired(cell, bare, lambda a, b: b / a),
                "over_bare_ns": paired(cell, bare, lambda a, b: a - b),
                "faultline_times": None if cell.label.startswith(OURS)
                else paired(cell, self.ours(cell), lambda a, b: a / b),
            }

    def print(self):
        shown = None
        for row in self.rows():
            group = row["mode"], row["rules"], row["flows"]
            if group != shown:
                print_head(row)
                shown = group
            print_row(row)
        if self.walls:
            by_cpu = statistics.median(1e3 / sent.ns for sent in self.walls)
            print("\nwall clock: one veth, loss 1%, 1m Zipf flows, one core "
                  f"for sender and receiver:\n  {self.wall_mpps():.2f} Mpps; "
                  f"by CPU time {by_cpu:.2f} Mpps")
        self._print_noise()

    def _print_noise(self):
        """How far to trust the rest: one figure, again and again."""
        bare = self.find("drop", REFERENCE["drop"], "1k")
        if bare and bare.valid():
            values = [sent.ns for sent in bare.rounds if sent]
            print(f"\nnoise: bare XDP_DROP, 1k flows, took {min(values):.1f} "
                  f"to {max(values):.1f} ns from round to round")

    def wall_mpps(self):
        return (statistics.median(sent.wall_mpps for sent in self.walls)
                if self.walls else None)


def print_head(row):
    family = 6 if row["flows"].endswith("/6") else 4
    flows = row["flows"].split("/")[0]
    flows = flows[:-1] + " (Zipf)" if flows.endswith("z") else flows
    rules = (f", the last of {row['rules']:,} rules matches"
             if row["rules"] > 1 else "")
    bare = REFERENCE[row["mode"]]
    print(f"\nveth: {TITLES[row['mode']]}{rules}; {flows} "
          f"flow{'s' if flows != '1' else ''}, IPv{family}")
    print(f"  {'config':<22}{'ns/pkt':>9}{'min':>9}{'Mpps/core':>11}"
          f"{'/' + bare:>10}{'+ns':>9}{'faultline':>11}{'deliv':>8}")


def print_row(row):
    if not row["valid"]:
        print(f"  {row['config']:<22}{'invalid':>9}: not {DELIVERED:.0%} "
              "delivered in half of the rounds")
        return
    times = row["faultline_times"]
    print(f"  {row['config']:<22}{number(row['ns'], 1):>9}"
          f"{number(row['min_ns'], 1):>9}{number(1e3 / row['ns'], 3):>11}"
          f"{number(row['share_of_bare'], 2):>10}"
          f"{number(row['over_bare_ns'], 0, '+'):>9}"
          f"{f'{times:.2f}x' if times else '-':>11}"
          f"{number(row['delivered'], 4):>8}")


def number(value, digits, sign=""):
    return "-" if value is None else f"{value:{sign},.{digits}f}"


def progress(text):
    """On a terminal only, and over itself."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text} ", end="", file=sys.stderr, flush=True)
