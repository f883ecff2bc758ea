# SPDX-License-Identifier: GPL-2.0-only
"""Holding packets on this machine, by whichever engine it has: how exactly,
how many a second, and what TCP makes of it; always beside the same path
without faultline, in turns."""
import json
import os
import random
import statistics
import subprocess
import time

from lab import DEVICE, GENERATOR, MAC, Failed, run
from peers import Attached
from veth import progress

DELAYS = (0.1, 1, 10, 100)          # ms
RATES = (300, 400, 500, 600, 800, 1000)  # thousand packets a second
RATE_DELAY = 10                     # ms
TCP_DELAYS = (0, 10, 50)            # ms
LOST = 1e-4                         # of the packets: "without loss"
PORT = 5201
SERVER_WAIT = 10                    # s
FLOWS = 65536
WAYS = ("out", "in")
QUANTILES = ("p50", "p99", "p999")
BUFFERS = "4096 131072 268435456"
NICE = ("nice", "-n", "-10")        # as the process of the engine is


class Host:
    """A receiver with addresses, so that both ends are hosts."""

    def __init__(self, receiver, number):
        self.receiver = receiver
        self.far = f"10.99.{number}.1"
        self.near = f"10.99.{number}.2"
        self.attached = None

    def build(self):
        near, sender = self.receiver.namespace, self.receiver.sender
        for space, device, address in ((GENERATOR, sender, self.far),
                                       (near, DEVICE, self.near)):
            run("ip", "-n", space, "addr", "add", f"{address}/24", "dev",
                device)
            run("nsenter", f"--net=/run/netns/{space}", "sysctl", "-qw",
                f"net.ipv4.tcp_rmem={BUFFERS}", f"net.ipv4.tcp_wmem={BUFFERS}")
        run("ip", "-n", GENERATOR, "neigh", "add", self.near, "lladdr", MAC,
            "dev", sender, "nud", "permanent")
        run("ip", "-n", near, "neigh", "add", self.far, "lladdr",
            "02:00:00:00:00:01", "dev", DEVICE, "nud", "permanent")

    def attach(self, program):
        self.attached = Attached(program, self.receiver, FLOWS)

    def one_way(self, tool, way, count, pps):
        """What tests/tools/e2e_owd.c says, as numbers."""
        ends = [GENERATOR, self.receiver.namespace]
        address = self.near
        if way == "out":
            ends.reverse()
            address = self.far
        words = run(*NICE, tool, *ends, address, f"count={count}",
                    f"pps={pps}").split()
        return {name: float(value)
                for name, value in zip(words[::2], words[1::2])}

    def tcp(self, seconds):
        """Mbit/s from the near host to the far one."""
        until = time.monotonic() + SERVER_WAIT
        while True:
            said = json.loads(self.receiver.inside(
                "iperf3", "-c", self.far, "-p", str(PORT), "-t",
                f"{seconds:g}", "-O", "1", "-J"))
            if "sum_received" in said.get("end", {}):
                return said["end"]["sum_received"]["bits_per_second"] / 1e6
            why = said.get("error", "no result")
            # The end of the test before may be on its way to the server.
            if "busy" not in why or time.monotonic() > until:
                raise Failed(f"iperf3: {why}")
            time.sleep(0.2)


class Rule:
    """For as long as "with" lasts."""

    def __init__(self, host, *words):
        self._attached = host.attached
        self._words = words

    def __enter__(self):
        self._attached.add_rules([self._words])

    def __exit__(self, *_error):
        self._attached.remove_rules()


class HeldLedger:
    """Every packet of one rule: none is held for ever, none goes astray."""

    def __init__(self, name):
        self.name = name
        self.sent = self.received = self.seen = 0
        self.counts = dict.fromkeys(("passed", "dropped", "overflow", "lost"),
                                    0)
        self.wrong = []

    def enter(self, sent, received, taken):
        if taken["packets"] != taken["passed"] + taken["dropped"] or \
                taken["packets"] != received:
            self.wrong.append(f"received {received:,}, seen "
                              f"{taken['packets']:,}, passed + dropped "
                              f"{taken['passed'] + taken['dropped']:,}")
        self.sent += sent
        self.received += received
        self.seen += taken["packets"]
        for name in self.counts:
            self.counts[name] += taken[name]

    def verdict(self):
        return self.wrong[0] if self.wrong else None

    def text(self):
        counts = ", ".join(f"{name} {count:,}"
                           for name, count in self.counts.items())
        wrong = self.verdict()
        return (f"  {self.name}: {f'WRONG: {wrong}' if wrong else 'ok'}\n"
                f"    sent {self.sent:,}, seen {self.seen:,}: {counts}")


class Delay:
    def __init__(self, lab, program, options):
        self.lab = lab
        self.program = program
        self.quick = options.quick
        self.rounds = min(options.rounds, 5)
        self.ledgers = {}
        self.engine = None
        self.plain = self.ours = None
        self.errors = {}            # (way, ms): list of quantiles
        self.bare = {}              # way: the same of the path alone
        self.rates = {}             # thousands: list of (kpps, share lost)
        self.floods = []            # (kpps, share lost, ns of the core)
        self.throughput = {}        # ms, or None without faultline: Mbit/s
        self._tool = os.path.join(lab.build, "tests/tools/e2e_owd")

    def setup(self):
        if not self.program:
            return
        hosts = []
        for number in range(2):
            host = Host(self.lab.receiver(lambda _receiver: None), number)
            host.build()
            hosts.append(host)
        self.plain, self.ours = hosts
        self.ours.attach(self.program)
        self.engine = self.ours.attached.stats()["engine"]
        self.ledgers["delay"] = HeldLedger(
            f"delay {RATE_DELAY}ms, engine {self.engine}")
        server = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{GENERATOR}", "iperf3", "-s", "-p",
             str(PORT)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.plain.receiver.at_close(server.kill)
        time.sleep(0.3)

    def measure(self):
        if not self.program or self.engine == "none":
            return
        for number in range(self.rounds):
            progress(f"delay round {number + 1} of {self.rounds}")
            steps = [(self._measure_delay, ms) for ms in self.delays()]
            steps += [(self._measure_rate, rate) for rate in self.rates_tried()]
            steps += [(self._measure_tcp, ms) for ms in (None, *TCP_DELAYS)]
            steps += [(self._measure_flood, None)]
            for step, value in random.sample(steps, len(steps)):
                step(value)

    def delays(self):
        return DELAYS[1:3] if self.quick else DELAYS

    def rates_tried(self):
        return (400,) if self.quick else RATES

    def _measure_delay(self, ms):
        for way in WAYS:
            bare = self.plain.one_way(self._tool, way, 300, 1000)
            self.bare.setdefault(way, []).append(
                [bare[name] for name in QUANTILES])
            with Rule(self.ours, "both", "proto", "udp", "delay", f"{ms}ms"):
                one = self.ours.one_way(self._tool, way, 500, 1000)
            if one["lost"]:
                raise Failed(f"delay {ms}ms {way}: {one['lost']:.0f} lost")
            self.errors.setdefault((way, ms), []).append(
                [one[name] - 1000 * ms - bare["p50"] for name in QUANTILES])

    def _held(self, send):
        """What send() says it sent, and the share of it that was lost on its
        way in, to be held, and from there to a black hole."""
        host = self.ours
        with Rule(host, "in", "proto", "udp", "delay", f"{RATE_DELAY}ms"):
            host.one_way(self._tool, "in", 10, 1000)    # the engine is up
            host.attached.take()
            before = host.receiver.received()
            sent = send(host)
            received = host.receiver.received() - before
            self._drain()
            taken = host.attached.take()
        self.ledgers["delay"].enter(sent, received, taken)
        return taken["dropped"] / max(sent, 1)

    def _measure_rate(self, thousands):
        """At a steady rate."""
        kpps = None

        def send(host):
            nonlocal kpps
            said = run("nsenter", f"--net=/run/netns/{GENERATOR}",
                       *NICE, self.lab.program("pace"),
                       "-i", host.receiver.sender, "-t", "1",
                       "-r", str(1000 * thousands), "-c", str(self.lab.cpu))
            sent, wall_ns, _ = (int(word) for word in said.split())
            kpps = sent / wall_ns * 1e6
            return sent

        lost = self._held(send)
        self.rates.setdefault(thousands, []).append((kpps, lost))

    def _measure_flood(self, _value):
        """As many as one core can make, and have taken."""
        flood = None

        def send(host):
            nonlocal flood
            flood = self.lab.send(host.receiver, "1k", 1, 4096)
            return flood.packets

        lost = self._held(send)
        self.floods.append((flood.wall_mpps * 1e3, lost, flood.ns))

    def _drain(self):
        for _ in range(100):
            if not self.ours.attached.stats()["totals"]["held"]:
                return
            time.sleep(0.02)
        raise Failed("packets are held that should have gone")

    def _measure_tcp(self, ms):
        seconds = 2 if self.quick else 3
        if ms is None:
            got = self.plain.tcp(seconds)
        else:
            with Rule(self.ours, "out", "proto", "tcp", "delay", f"{ms}ms"):
                got = self.ours.tcp(seconds)
        self.throughput.setdefault(ms, []).append(got)

    # ---- results ----

    def error(self, way, ms, quantile=0):
        return statistics.median(
            values[quantile] for values in self.errors[way, ms])

    def rtt_error(self, ms):
        return sum(self.error(way, ms) for way in WAYS)

    def rate(self, thousands):
        return [statistics.median(values)
                for values in zip(*self.rates[thousands])]

    def flood(self):
        return [statistics.median(values) for values in zip(*self.floods)]

    def most(self):
        """Thousand packets a second that went without loss."""
        return max((kpps for kpps, lost, *_ in
                    (self.flood(), *map(self.rate, self.rates))
                    if lost <= LOST), default=0)

    def mbit(self, ms):
        return statistics.median(self.throughput[ms])

    def rows(self):
        for way, ms in self.errors:
            yield {"delay_ms": ms, "way": way, "error_us": {
                name: self.error(way, ms, number)
                for number, name in enumerate(QUANTILES)}}
        for thousands in self.rates:
            sent, lost = self.rate(thousands)
            yield {"offered_kpps": thousands, "sent_kpps": sent, "lost": lost}
        if self.floods:
            yield dict(zip(("flood_kpps", "lost", "ns"), self.flood()))
        for ms in self.throughput:
            yield {"tcp_delay_ms": ms, "mbit_s": self.mbit(ms)}

    def print(self):
        if not self.errors:
            return
        print(f"\ndelay, engine {self.engine}: us beyond the delay and the "
              "path alone")
        print(f"  {'':<12}{'out p50':>9}{'p99':>9}{'p99.9':>9}"
              f"{'in p50':>9}{'p99':>9}{'p99.9':>9}{'RTT p50':>10}")
        print(f"  {'path alone':<12}" + "".join(
            f"{statistics.median(v[number] for v in self.bare[way]):>9.1f}"
            for way in WAYS for number in range(len(QUANTILES))))
        for ms in self.delays():
            print(f"  {f'{ms:g} ms':<12}" + "".join(
                f"{self.error(way, ms, number):>9.1f}"
                for way in WAYS for number in range(len(QUANTILES))) +
                f"{self.rtt_error(ms):>10.1f}")
        print(f"\ndelay {RATE_DELAY} ms: frames of 64 bytes in, thousand a "
              "second, from one core")
        for thousands in self.rates_tried():
            sent, lost = self.rate(thousands)
            print(f"  offered {thousands}: sent {sent:.0f}, lost {lost:.4%}")
        print("  flood: sent {:.0f}, lost {:.4%}; {:,.0f} ns of the sender's "
              "core each".format(*self.flood()))
        print("\ndelay, TCP out, Mbit/s: " + ", ".join(
            f"{'no faultline' if ms is None else f'{ms} ms'} "
            f"{self.mbit(ms):,.0f}" for ms in (None, *TCP_DELAYS)))
