"""The clock of all benchmarks, and the results that it writes.

Each peer makes an untimed call first and then takes part in every round, so that other
load on the machine affects all alike. The median counts. The result of the last call (a
loss, an AUC) is stored with the time.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

PACKAGES = (
    "skweighted",
    "numpy",
    "scikit-learn",
    "tensorflow",
    "keras",
    "scikeras",
    "torch",
    "skorch",
)


@dataclass(frozen=True)
class Peer:
    """One implementation of the work that is timed.

    Attributes
    ----------
    name : str
    run : callable
        Timed; returns the result.
    prepare : callable or None
        Called before each run, untimed.
    warm_up : callable or None
        The untimed first call; `run` if None.
    repetitions : int
    scale : float
        Factor of the whole work, if a peer does only a part of it.
    note : str
        Printed with the time.
    """

    name: str
    run: Callable[[], Any]
    prepare: Callable[[], Any] | None = None
    warm_up: Callable[[], Any] | None = None
    repetitions: int = 5
    scale: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Timing:
    """The time of a peer: the scaled median and each call."""

    name: str
    seconds: float
    each_seconds: list[float]
    answer: Any
    note: str


@dataclass(frozen=True)
class Bar:
    """A performance target, either `least` or `most`, and the measured value."""

    name: str
    measured: float
    least: float | None = None
    most: float | None = None
    unit: str = ""
    met: bool = field(init=False)

    def __post_init__(self):
        met = (
            self.measured >= self.least
            if self.least is not None
            else self.measured <= self.most
        )
        object.__setattr__(self, "met", bool(met))


def race(peers, label=""):
    """Return a `Timing` for each peer, by name.

    Parameters
    ----------
    peers : list of Peer
    label : str
        Label of the progress bar.
    """
    for peer in track(peers, f"{label} warm up", console=Console(stderr=True)):
        _call(peer, peer.warm_up or peer.run)
    seconds = {peer.name: [] for peer in peers}
    answers = {}
    turns = [
        peer
        for turn in range(max(peer.repetitions for peer in peers))
        for peer in peers
        if turn < peer.repetitions
    ]
    for peer in track(turns, label, console=Console(stderr=True)):
        spent, answers[peer.name] = _call(peer, peer.run)
        seconds[peer.name].append(spent)
    return {
        peer.name: Timing(
            peer.name,
            float(np.median(seconds[peer.name])) * peer.scale,
            seconds[peer.name],
            answers[peer.name],
            peer.note,
        )
        for peer in peers
    }


def _call(peer, run):
    """Return the seconds and the result of one call."""
    if peer.prepare is not None:
        peer.prepare()
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def in_new_process(function, *arguments):
    """Return ``module.function(*arguments)``, run in a new process.

    Parameters
    ----------
    function : str
        ``"module.name"`` of a function in this folder.
    *arguments : object
        Arguments and the result must be serializable as JSON.
    """
    module, name = function.split(".")
    code = (
        f"import json, sys, {module}\n"
        f"answer = {module}.{name}(*json.loads(sys.argv[1]))\n"
        f"print('\\n' + json.dumps(answer))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code, json.dumps(arguments)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(finished.stdout.splitlines()[-1])


def print_times(title, timings, n_steps=None, answer_name="answer"):
    """Print seconds, and ratios to the first peer.

    Parameters
    ----------
    title : str
    timings : dict of str to Timing
    n_steps : int or None
        If given, adds a column of microseconds per step.
    answer_name : str
    """
    table = Table("peer", title=title)
    for column in ("seconds", "us per step", "ratio", answer_name):
        if column != "us per step" or n_steps:
            table.add_column(column, justify="right")
    table.add_column("note", overflow="fold")
    first = next(iter(timings.values()))
    for timing in timings.values():
        table.add_row(
            timing.name,
            f"{timing.seconds:.4g}",
            *([f"{timing.seconds / n_steps * 1e6:.3g}"] if n_steps else []),
            f"{timing.seconds / first.seconds:.3g}",
            f"{timing.answer:.4f}",
            timing.note,
        )
    Console().print(table)


def print_bars(bars, quick=False):
    """Print each target, the measured value, and whether the target is met."""
    title = "Targets (quick run, not meaningful)" if quick else "Targets"
    table = Table("measure", title=title)
    for column in ("target", "measured", "met"):
        table.add_column(column, justify="right")
    for bar in bars:
        wanted = (
            f">= {bar.least:g}" if bar.least is not None else f"<= {bar.most:g}"
        ) + bar.unit
        table.add_row(
            bar.name,
            wanted,
            f"{bar.measured:.3g}{bar.unit}",
            "yes" if bar.met else "[bold]NO[/bold]",
        )
    Console().print(table)


def write_results(path, settings, results, bars):
    """Write results as JSON, with date, machine, versions and settings.

    Parameters
    ----------
    path : Path or None
        If None, write nothing.
    settings : dict
        The options of the command.
    results : dict
        Values may be dicts of `Timing`.
    bars : list of Bar
    """
    if path is None:
        return
    content = {
        "date": date.today().isoformat(),
        "machine": {"cpu": _cpu_model(), "cores": os.cpu_count()},
        "versions": _versions(),
        "settings": settings,
        "bars": [asdict(bar) for bar in bars],
        "results": results,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, default=asdict) + "\n")


def _versions():
    """Return the versions of Python and of the installed packages."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return versions


def _cpu_model():
    """Return the name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
