# SPDX-License-Identifier: GPL-2.0-only
"""Peers that this machine lacks, found before anything is measured."""
import shlex
import shutil

from lab import Failed
from micro import PEERS as PROGRAMS
from peers import left_out
from start import PEERS as COMMANDS
from veth import PEERS as CONFIGURATIONS

TRIED = {"veth", "scale"}           # parts that set configurations up


def labels():
    """Of all peers of all parts."""
    found = [label for peers in CONFIGURATIONS.values() for label in peers]
    return list(dict.fromkeys([*found, *PROGRAMS, *COMMANDS]))


def check_without(without):
    """A prefix that is of no peer is a slip of the pen."""
    for prefix in without:
        if not prefix or not any(label.startswith(prefix)
                                 for label in labels()):
            raise Failed(f"--without {shlex.quote(prefix)}: no such peer; "
                         f"peers: {'; '.join(sorted(labels()))}")


def check(lab, options):
    """Set each peer up once, in a lab for this alone; say all that fail."""
    missing = {}
    for name in COMMANDS if "start" in options.parts else ():
        if not (left_out(name, options.without) or shutil.which(name)):
            missing[name] = "no such command"
    for peers in (CONFIGURATIONS.values()
                  if TRIED.intersection(options.parts) else ()):
        for label, setup in peers.items():
            if left_out(label, options.without) or label in missing:
                continue
            try:
                lab.receiver(setup)
            except Failed as error:
                missing[label] = str(error)
    if missing:
        raise Failed(complaint(missing))


def complaint(missing):
    lines = [f"  {label}: {why}" for label, why in missing.items()]
    there = [label for label in labels() if label not in missing]
    short = []
    for label in missing:
        word = label.split()[0]
        taken = any(other.startswith(word) for other in there)
        short.append(shlex.quote(label if taken else word))
    words = " ".join(f"--without {prefix}" for prefix in dict.fromkeys(short))
    return "\n".join(("missing here, of what to compare with:", *lines,
                      "install them (tools/deps bench), or measure without: "
                      + words))
