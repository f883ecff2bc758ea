# SPDX-License-Identifier: GPL-2.0-only
"""What each impairment costs over plain loss, in the program alone, and how
long a long list of flows takes."""
import os
import statistics
import tempfile

from lab import DEVICE, run
from micro import EMPTY, LIMIT
from peers import Faultline
from veth import LARGE, SMALL, progress

PLAIN = "loss 1%"
FLOWS = "1k"
# Those that rewrite packets hand the harmed ones over to the program at tc.
MODELS = (
    PLAIN, "loss nth 100", "loss pattern 0001000", "loss trace FILE",
    "loss 1% burst 3", "loss gemodel 1% 30% 100% 0%", "loss state 1% 30%",
    "loss netem 1% 25%", "loss nth 100 scope rule",
    "loss 1% burst 3 scope rule",
    "duplicate 1%", "corrupt 1%", "mark-ce 1%", "mangle ttl 9",
    "duplicate 1% loss 1% corrupt 1% mark-ce 1%",
)
BUDGET_NS = 15                      # over plain loss, warm
REWRITES = ("duplicate", "corrupt", "mark-ce", "mangle")


class Models:
    """Interleaved by micro.c, each in an attached device of its own."""

    def __init__(self, lab, program, options):
        self.lab = lab
        self.program = program
        self.options = options
        self.ledgers = {}
        self.ns = {}                # model: by round
        self.pins = {}
        self.listing = None

    def setup(self):
        if not self.program:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".trace") as trace:
            print("0001000100", file=trace, flush=True)
            for number, model in enumerate(MODELS):
                words = model.replace("FILE", trace.name)
                setup = Faultline(self.program, words, SMALL)
                receiver = self.lab.receiver(setup)
                pin = os.path.join(receiver.faultline.pins, "xdp_prog")
                self.pins[f"model{number}"] = f"pin:{pin}"

    def measure(self):
        if not self.program:
            return
        progress("models")
        said = run(self.lab.program("micro"),
                   "-o", self.lab.program("flows.bpf.o"),
                   "-c", str(self.options.cpu),
                   "-r", str(3 * self.options.rounds),
                   "-n", str(self.options.packets), "-f", FLOWS,
                   *(f"{name}={pin}" for name, pin in self.pins.items()),
                   limit=LIMIT)
        for line in said.splitlines():
            round_, target, _, ns, _, _ = line.split()
            if int(round_) and target != EMPTY:
                model = MODELS[int(target.removeprefix("model"))]
                self.ns.setdefault(model, []).append(float(ns))
        progress("listing")
        self.listing = Listing(self.lab, self.program, self.options).take()

    def over(self, model):
        """Median of what it costs over plain loss in the same round."""
        return statistics.median(
            ours - plain
            for ours, plain in zip(self.ns[model], self.ns[PLAIN]))

    def rows(self):
        for model in self.ns:
            yield {"model": model, "ns": statistics.median(self.ns[model]),
                   "over_loss_ns": self.over(model)}
        if self.listing:
            yield {"listing": self.listing}

    def print(self):
        if not self.ns:
            return
        print(f"\nmodels: ns/packet over \"{PLAIN}\" in the program alone, "
              f"{FLOWS} flows")
        for model in MODELS[1:]:
            free = model.startswith(REWRITES)
            print(f"  {model:<46}{self.over(model):>8.1f}" +
                  ("   hands over" if free else ""))
        print("\nlisting: CPU seconds for the flow table, ours and bpftool's dump "
              "of one map of it")
        print("  {flows:,} flows: text {text:.2f}, JSON {json:.2f}, --top 20 "
              "{top:.2f}; bpftool {bpftool:.2f}".format(**self.listing))

    def worst(self):
        """The dearest of those that the budget is for."""
        return max((self.over(model) for model in self.ns
                    if not model.startswith(REWRITES)), default=None)


class Listing:
    def __init__(self, lab, program, options):
        self._program = program
        self._lab = lab
        self._options = options

    def take(self):
        receiver = self._lab.receiver(Faultline(self._program, PLAIN, LARGE))
        pins = receiver.faultline.pins
        run(self._lab.program("micro"), "-o",
            self._lab.program("flows.bpf.o"), "-c", str(self._options.cpu),
            "-r", "1", "-n", "3000000", "-f", "1m",
            f"one=pin:{os.path.join(pins, 'xdp_prog')}", limit=LIMIT)
        flows = (self._program, "flows", DEVICE)
        times = {
            "text": self._cpu(receiver, *flows),
            "json": self._cpu(receiver, *flows, "-j"),
            "top": self._cpu(receiver, *flows, "--top", "20"),
            "bpftool": self._cpu(receiver, "bpftool", "-j", "map", "dump",
                                 "pinned", os.path.join(pins, "flows")),
        }
        lines = receiver.inside("sh", "-c", '"$@" | wc -l', "sh", *flows)
        return {"flows": int(lines), **times}

    @staticmethod
    def _cpu(receiver, *words):
        """User and system time of the command, its output thrown away."""
        before = os.times()
        receiver.inside("sh", "-c", '"$@" >/dev/null', "sh", *words)
        after = os.times()
        return (after.children_user - before.children_user +
                after.children_system - before.children_system)
