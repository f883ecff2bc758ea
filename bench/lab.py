# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces and processes of the benchmark, and their end.

Everything has a name of ours (namespaces flb-gen, flb-r0, ...) and is removed
by Lab.close(). A lock file keeps a second benchmark out, so what an earlier
one left behind when it was killed can be removed at the start.
"""
import fcntl
import functools
import json
import os
import re
import subprocess
import sys
import time

LOCK = "/run/lock/faultline-bench"
GENERATOR = "flb-gen"
NAMES = re.compile(r"flb-(gen|r\d+)")
DEVICE = "vB"
MAC = "02:00:00:00:00:02"
LIMIT = 120         # seconds for a command


class Failed(Exception):
    """A command that did not do it; the text is for the user."""


def run(*argv, stdin=None, check=True, limit=LIMIT):
    """Run a command to its end; its standard output."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True,
                              text=True, timeout=limit)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{argv[0]}: {error}") from None
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        words = argv[2:] if argv[0] == "nsenter" else argv
        what = " ".join((os.path.basename(words[0]), *words[1:]))
        raise Failed(f"{what[:60]}: exit {done.returncode}: "
                     f"{said[-1] if said else 'no message'}")
    return done.stdout


class Receiver:
    """A namespace with one end of a veth pair, under one configuration."""

    def __init__(self, lab, number):
        self.lab = lab
        self.namespace = f"flb-r{number}"
        self.sender = f"vA{number}"
        self.faultline = None       # set by peers.Faultline
        self._closers = []
        self._holders = []

    def build(self, queues):
        """Make the pair; frames that are not dropped end in a black hole."""
        name, sender = self.namespace, self.sender
        pair = ("numrxqueues", str(queues), "numtxqueues", str(queues))
        run("ip", "netns", "add", name)
        run("ip", "link", "add", sender, "netns", GENERATOR, *pair,
            "type", "veth", "peer", "name", DEVICE, "netns", name, *pair)
        # No address of its own and no neighbour: the only packets on the
        # pair are ours, or counts would not add up.
        for space, device, mac in ((GENERATOR, sender, "02:00:00:00:00:01"),
                                   (name, DEVICE, MAC)):
            run("ip", "-n", space, "link", "set", device,
                "address", mac, "addrgenmode", "none")
        settings = "".join(f"net.ipv4.conf.{where}.rp_filter=0\n"
                           for where in ("all", "default", DEVICE))
        self.inside("sysctl", "-q", "-p", "-", stdin=settings)
        for device in ("lo", DEVICE):
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "-n", GENERATOR, "link", "set", sender, "up")
        run("ip", "-n", name, "addr", "add", "198.18.0.1/16", "dev", DEVICE)
        run("ip", "-n", name, "route", "add", "default", "dev", DEVICE)
        run("ip", "-n", name, "route", "add", "blackhole", "198.19.0.0/16")
        run("ip", "-n", name, "-6", "route", "add", "blackhole",
            "2001:db8::/32")

    def inside(self, *argv, **options):
        return run("nsenter", f"--net=/run/netns/{self.namespace}", *argv,
                   **options)

    def hold(self, script):
        """Run a shell script with mounts of its own, kept until close()."""
        process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.namespace}", "unshare", "-m",
             "sh", "-ec", script + "\necho ready\nexec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self._holders.append(process)   # ends with us: its input closes
        said = ""
        for line in process.stdout:
            if line == "ready\n":
                return
            said = line.strip() or said
        raise Failed(f"exit {process.wait()}: {said}")

    def at_close(self, function):
        self._closers.append(function)

    def received(self):
        said = run("ip", "-n", self.namespace, "-j", "-s", "link", "show",
                   DEVICE)
        return json.loads(said)[0]["stats64"]["rx"]["packets"]

    def close(self):
        for function in self._closers:
            try:
                function()
            except Failed as error:
                print(f"bench: {error}", file=sys.stderr)
        for process in self._holders:
            process.kill()
            process.wait()
        run("ip", "netns", "del", self.namespace, check=False)


class Sent:
    """What one run of the generator did."""

    def __init__(self, said):
        try:
            (self.packets, self._timed, self._wall_ns,
             self._cpu_ns) = (int(word) for word in said.split())
        except ValueError:
            raise Failed("gen: did not say what it sent") from None
        self.arrived(self.packets)

    def arrived(self, received):
        self.received = received
        self.delivered = received / self.packets
        count = self._timed * self.delivered
        self.ns = self._cpu_ns / count if count else None
        self.wall_mpps = count / self._wall_ns * 1e3


class Lab:
    def __init__(self, build, cpu):
        self.build = build
        self.cpu = cpu
        self.receivers = []
        self._seed = 0
        self._lock = open(LOCK, "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failed("another benchmark is running") from None
        self._sweep()
        run("ip", "netns", "add", GENERATOR)

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def receiver(self, setup, queues=1):
        """A new receiver, after setup(receiver); none when that fails."""
        receiver = Receiver(self, len(self.receivers))
        self.receivers.append(receiver)
        receiver.build(queues)
        setup(receiver)
        return receiver

    def send(self, receiver, flows, seconds, warm):
        """Send frames to a receiver, or round the loop alone (None)."""
        before = receiver.received() if receiver else 0
        said = run(*self._generator(GENERATOR, flows, seconds, warm),
                   *(("-i", receiver.sender) if receiver else ()))
        sent = Sent(said)
        if receiver:
            sent.arrived(settle(receiver, before + sent.packets) - before)
        return sent

    def send_out(self, receiver, flows, seconds, warm):
        """The other way: as the receiver's own traffic, out of its device.
        The far end does not want the frames and drops them at once."""
        return Sent(run(*self._generator(receiver.namespace, flows, seconds,
                                         warm), "-i", DEVICE, "-e"))

    def send_together(self, receiver, flows, seconds, warm, cpus):
        """From several CPUs at once, {CPU: number of its first flow}."""
        before = receiver.received()
        processes = [subprocess.Popen(
            [*self._generator(GENERATOR, flows, seconds, warm, cpu),
             "-i", receiver.sender, "-n", str(first), "-y"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for cpu, first in cpus.items()]
        try:
            for process in processes:
                process.stdout.readline()       # "ready"
            for process in processes:
                process.stdin.close()
            sent = [Sent(process.stdout.read()) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
                process.stdout.close()
        packets = sum(each.packets for each in sent)
        received = settle(receiver, before + packets) - before
        for each in sent:       # whose they are is not known
            each.arrived(each.packets * received / packets)
        return sent, received

    def _generator(self, namespace, flows, seconds, warm, cpu=None):
        cpu = self.cpu if cpu is None else cpu
        self._seed += 1
        return ("nsenter", f"--net=/run/netns/{namespace}",
                self.program("gen"), "-o", self.program("flows.bpf.o"),
                "-f", flows, "-t", str(seconds), "-w", str(warm),
                "-c", str(cpu), "-k", str(softirqd(cpu)),
                "-s", str(self._seed))

    def close(self):
        for receiver in self.receivers:
            receiver.close()
        self.receivers = []
        run("ip", "netns", "del", GENERATOR, check=False)
        self._lock.close()

    @staticmethod
    def _sweep():
        for line in run("ip", "netns", "list").splitlines():
            if NAMES.fullmatch(line.split()[0]):
                run("ip", "netns", "del", line.split()[0])


def settle(receiver, expected):
    """Packets received, when they have stopped coming in."""
    latest = receiver.received()
    for _ in range(20):
        if latest >= expected:
            break
        time.sleep(0.02)
        previous, latest = latest, receiver.received()
        if latest == previous:
            break
    return latest


@functools.cache
def softirqd(cpu):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                if file.read().strip() == f"ksoftirqd/{cpu}":
                    return int(pid)
        except OSError:
            pass
    return 0
