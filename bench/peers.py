# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: faultline and its peers, each as setup(receiver)."""
import json
import tempfile

from lab import DEVICE

LOSS = 0.01
BULK_RULES = 1000       # where faultline has 1,024: not to its advantage
MOST_RULES = 16384      # of faultline
NETEM = ("netem", "loss", "1%", "limit", "100000")
STATISTIC = "-m statistic --mode random --probability 0.01"


def left_out(label, without):
    """Whether the user does not want this peer: prefixes of labels."""
    return any(label.startswith(prefix) for prefix in without)


def addresses(count):
    """Sources and ports that none of the flows has."""
    for i in range(count):
        yield f"172.16.{i >> 8}.{i & 255}", 10 + i


# ---- XDP and tc programs of bench/*.bpf.c ----

def xdp(name, file="peers.bpf.o"):
    def setup(receiver):
        receiver.inside("ip", "link", "set", DEVICE, "xdpdrv", "object",
                        receiver.lab.program(file), "program", name)
    return setup


def plain(receiver):
    """A receiver without XDP takes live frames only when GRO is on."""
    receiver.inside("ethtool", "-K", DEVICE, "gro", "on")


def tc(section, hook="ingress"):
    def setup(receiver):
        plain(receiver)
        receiver.inside("tc", "qdisc", "add", "dev", DEVICE, "clsact")
        receiver.inside("tc", "filter", "add", "dev", DEVICE, hook,
                        "bpf", "da", "object-file",
                        receiver.lab.program("peers.bpf.o"),
                        "section", section)
    return setup


# ---- netem ----

def netem_out(receiver):
    plain(receiver)
    receiver.inside("tc", "qdisc", "add", "dev", DEVICE, "root", *NETEM)


def netem_in(receiver):
    """Behind an ifb, for netem knows outgoing packets only."""
    plain(receiver)
    receiver.inside("ip", "link", "add", "ifb0", "type", "ifb")
    receiver.inside("ip", "link", "set", "ifb0", "up")
    receiver.inside("tc", "qdisc", "add", "dev", "ifb0", "root", *NETEM)
    receiver.inside("tc", "qdisc", "add", "dev", DEVICE, "clsact")
    receiver.inside("tc", "filter", "add", "dev", DEVICE, "ingress",
                    "matchall", "action", "mirred", "egress", "redirect",
                    "dev", "ifb0")


# ---- xdp-filter ----

def xdp_filter(features):
    """Its rules are pinned by fixed names: a bpffs for each instance."""
    def setup(receiver):
        receiver.hold("mount -t bpf bpf /sys/fs/bpf\n"
                      f"xdp-filter load {DEVICE} -m native -f {features}\n"
                      "xdp-filter port -m dst -p udp 9\n")
    return setup


# ---- nftables and iptables ----

def nft(hook, verdict, linear=0, members=0):
    """Rules that match nothing (one by one, or as a set), then the verdict."""
    where = (f"ingress device {DEVICE} priority 0" if hook == "ingress"
             else "prerouting priority -300")
    body = ""
    declare = ""
    if members:
        elements = ", ".join(f"{a} . {p}" for a, p in addresses(members))
        declare = ("set s { type ipv4_addr . inet_service; "
                   f"elements = {{ {elements} }}; }}\n")
        body = "ip saddr . udp dport @s drop\n"
    body += "".join(f"ip saddr {a} udp dport {p} drop\n"
                    for a, p in addresses(linear))
    family = "netdev" if hook == "ingress" else "ip"
    table = (f"table {family} t {{\n{declare}"
             f"chain c {{ type filter hook {where};\n{body}{verdict}\n}}\n}}\n")

    def setup(receiver):
        plain(receiver)
        receiver.inside("nft", "-f", "-", stdin=table)
    return setup


NFT_LOSS = "numgen random mod 100 < 1 drop"


def iptables(kind, verdict, linear=0):
    body = "".join(f"-A PREROUTING -s {a}/32 -p udp --dport {p} -j DROP\n"
                   for a, p in addresses(linear))
    table = f"*raw\n{body}-A PREROUTING {verdict} -j DROP\nCOMMIT\n"

    def setup(receiver):
        plain(receiver)
        receiver.inside(f"iptables-{kind}-restore", stdin=table)
    return setup


# ---- faultline ----

class Faultline:
    """setup(receiver) by faultline's own command line."""

    def __init__(self, program, impairment, flows, rules=1, hook="xdp"):
        self.program = program
        self.impairment = impairment.split()
        self.flows = flows
        self.rules = rules
        self.hook = hook            # "xdp", "tc", or "out": at tc as well

    def __call__(self, receiver):
        mode = "native" if self.hook == "xdp" else "tc"
        way = "out" if self.hook == "out" else "in"
        if mode == "tc":
            plain(receiver)
        receiver.faultline = Attached(self.program, receiver, self.flows, mode)
        receiver.faultline.add_rules(
            ["in", "proto", "udp", "src", a, "dport", str(p), "blackhole"]
            for a, p in addresses(self.rules - 1))
        receiver.faultline.add_rules([[way, *self.impairment]])


class Attached:
    FATES = ("passed", "dropped")
    NOTES = ("unmatched", "unparsed", "exempt")

    def __init__(self, program, receiver, flows, mode="auto"):
        self._program = program
        self._inside = receiver.inside
        self._rules = 0
        said = self._call("attach", DEVICE, "--flows", str(flows),
                          "--mode", mode, "-j")
        receiver.at_close(lambda: self._call("detach", DEVICE))
        self.pins = json.loads(said).get("pins")
        self._latest = self._totals()

    def add_rules(self, rules):
        """The one place where rules are added, first match first."""
        with tempfile.NamedTemporaryFile("w", suffix=".rules") as file:
            for words in rules:
                print(*words, "name", f"bench{self._rules}", "for 2h",
                      file=file)
                self._rules += 1
            file.flush()
            self._call("add", DEVICE, "-f", file.name)

    def remove_rules(self):
        self._call("del", DEVICE, "all")

    def stats(self):
        return json.loads(self._call("stats", DEVICE, "-j"))

    def take(self):
        """What was counted since the latest take()."""
        before, self._latest = self._latest, self._totals()
        return {name: count - before.get(name, 0)
                for name, count in self._latest.items()}

    def _totals(self):
        return {name: value for name, value in self.stats()["totals"].items()
                if isinstance(value, int)}

    def _call(self, *words):
        return self._inside(self._program, *words)


class Ledger:
    """Every packet that was sent to one faultline configuration."""

    def __init__(self, name, loss):
        self.name = name
        self.loss = loss            # the share that must be lost
        self.sent = self.received = self.seen = 0
        self.counts = dict.fromkeys(Attached.FATES + Attached.NOTES, 0)
        self.wrong = []

    def enter(self, sent, received, taken):
        fates = sum(taken[name] for name in Attached.FATES)
        if not received == taken["packets"] == fates:
            self.wrong.append(f"received {received:,}, seen "
                              f"{taken['packets']:,}, passed + dropped "
                              f"{fates:,}")
        self.sent += sent
        self.received += received
        self.seen += taken["packets"]
        for name in self.counts:
            self.counts[name] += taken.get(name, 0)

    def realised(self):
        return self.counts["dropped"] / self.seen if self.seen else 0

    def verdict(self):
        """None, or what is wrong: a sum, or a rate beyond 6 sigma."""
        if self.wrong:
            return f"{len(self.wrong)} runs, first: {self.wrong[0]}"
        sigma = (self.loss * (1 - self.loss) / max(self.seen, 1)) ** 0.5
        if abs(self.realised() - self.loss) > 6 * sigma:
            return f"lost {self.realised():.5f} where {self.loss} was asked"
        return None

    def text(self):
        lost = self.sent - self.received
        missing = f" - lost in veth {lost:,}" if lost else ""
        notes = "".join(f"; {name} {self.counts[name]:,}"
                        for name in Attached.NOTES if self.counts[name])
        wrong = self.verdict()
        return (f"  {self.name}: {f'WRONG: {wrong}' if wrong else 'ok'}\n"
                f"    sent {self.sent:,}{missing} = seen {self.seen:,} = "
                f"passed {self.counts['passed']:,} + dropped "
                f"{self.counts['dropped']:,} ({self.realised():.5f}){notes}")
