# SPDX-License-Identifier: GPL-2.0-only
"""The budget, and how much of it was reached in this run."""
from models import BUDGET_NS
from peers import BULK_RULES, MOST_RULES
from veth import MINIMAL, OURS, REFERENCE, paired


class Item:
    def __init__(self, text, value, relation, bound, ceiling=None):
        self.text = text
        self.value = value          # None: not measured
        self.relation = relation    # "<=" or ">="
        self.bound = bound
        self.ceiling = ceiling      # the value of a program that only drops

    def met(self):
        if self.value is None:
            return None
        if self.relation == "<=":
            return self.value <= self.bound
        return self.value >= self.bound


def micro_items(micro):
    # A program given with --prog takes the place of faultline's.
    given = "prog0" if "prog0" in micro.targets else None
    for flows, bound, ours in (("1k", 20, "one"), ("64k", 65, "one"),
                               ("1mz", 65, "big"), ("1m", 140, "big")):
        yield Item(f"micro, {flows} flows: net ns",
                   micro.net(given or ours, flows), "<=", bound)
    one, many = micro.net("one", "1k"), micro.net("many", "1k")
    yield Item("micro, 1,024 rules over one rule, 1k flows",
               many / one if many and one and one > 0 else None, "<=", 1.2)


def model_items(models):
    yield Item("the dearest model that rewrites nothing: ns over loss",
               models.worst() if models.ns else None, "<=", BUDGET_NS)


def delay_items(delay):
    if not delay.errors:
        return
    for ms in delay.delays():
        yield Item(f"delay {ms:g} ms, both ways: median off by us",
                   delay.rtt_error(ms), "<=", 50)
    yield Item("delay 10 ms: 64-byte packets without loss, kpps",
               delay.most(), ">=", 400)
    yield Item("delay 50 ms: TCP, Gbit/s", delay.mbit(50) / 1e3, ">=", 3)


def start_items(start):
    if not start.program:
        return
    for text, words, bound in (
            ("attach: ms", "faultline attach", 150),
            ("add, the first rule: ms", "faultline add, first", 5),
            ("add, another rule: ms", "faultline add, next", 5),
            (f"add -f, {BULK_RULES:,} rules: ms",
             f"faultline add -f, {BULK_RULES:,}", 100),
            (f"add -f, {MOST_RULES - 1:,} rules: ms",
             f"faultline add -f, {MOST_RULES - 1:,}", 1000)):
        yield Item(text, start.of(words), "<=", bound)


def scale_items(scale):
    if scale.times:
        yield Item("two CPUs over one, 1k flows each", scale.of(OURS), ">=",
                   1.9, scale.of(REFERENCE["drop"]))


def veth_items(veth):
    def cell(label, flows="1k", rules=1, mode="drop"):
        return veth.find(mode, label, flows, rules)

    def times(peer, ours):
        return paired(peer, ours, lambda a, b: a / b)

    def over(text, peers, ours, bound):
        """Ours against the fastest of some peers, beside bare XDP_DROP."""
        bare = cell("xdp_drop", ours.flows if ours else "1k")
        return Item(text, least(times(peer, ours) for peer in peers), ">=",
                    bound, least(times(peer, bare) for peer in peers))

    def more(text, label, flows, bound, mode="drop"):
        return Item(f"veth {text}, {flows} flows: ns over {label}",
                    paired(cell(OURS, flows, mode=mode),
                           cell(label, flows, mode=mode), lambda a, b: a - b),
                    "<=", bound)

    for flows, bound in (("1k", 12), ("64k", 35), ("1m", 125), ("1mz", 60),
                         ("1k/6", 15), ("64k/6", 40), ("1m/6", 150)):
        yield more("drop", REFERENCE["drop"], flows, bound)
    yield more("drop", "xdp-filter all", "1k", 0)
    yield more("loss 1%", REFERENCE["loss"], "1k", 20, "loss")
    for way, mode in (("in", "tc"), ("out", "out")):
        for text, kind in (("drop", "drop"), ("loss 1%", "loss")):
            yield more(f"at tc, {way}: {text}", MINIMAL, "1k", 12,
                       f"{mode} {kind}")
    for name, labels in (
            ("nft", ("nft ingress", "nft prerouting")),
            ("iptables", ("iptables-legacy", "iptables-nft"))):
        yield over(f"veth drop, 1k flows: times {name} (the faster)",
                   [cell(label) for label in labels], cell(OURS), 2.8)
    many = cell(f"{OURS} 1024 rules", "1k", BULK_RULES)
    for label, bound in (("iptables-legacy", 25), ("iptables-nft", 25),
                         ("nft linear", 100)):
        peer = cell(f"{label} {BULK_RULES}", "1k", BULK_RULES)
        yield over(f"veth drop, 1,024 rules: times {label}, "
                   f"{BULK_RULES:,} rules", [peer], many, bound)
    for count, text in (1024, "1,024"), (MOST_RULES, "16,384"):
        rows = BULK_RULES if count == 1024 else count
        yield Item(f"veth drop, {text} rules over one rule",
                   times(cell(f"{OURS} {count} rules", "1k", rows),
                         cell(OURS)), "<=", 1.2)
    yield Item("veth loss 1%, 1m Zipf flows: wall Mpps",
               veth.wall_mpps(), ">=", 1)


def least(values):
    return min((value for value in values if value is not None),
               default=None)


def show(items):
    word = {True: "met", False: "NOT MET", None: "not measured"}
    print("\nreach (in brackets: bare XDP_DROP in our place, if less than "
          "asked, so out of reach here)")
    for item in items:
        value = "-" if item.value is None else f"{item.value:,.2f}"
        ceiling = ("" if item.ceiling is None or item.ceiling >= item.bound
                   else f" ({item.ceiling:,.2f})")
        print(f"  {item.text:<59}{value:>7} {item.relation} "
              f"{item.bound:<5g}{word[item.met()]}{ceiling}")
