"""The one clock of the benchmarks, and what is written down beside its times.

Each peer makes an untimed call first and then takes part in every round, so that what
else the machine does hits all alike; what counts is the median. The answer of the last
call (a loss, an AUC) is kept beside the time.
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
    """Someone who does the work that is timed.

    Attributes
    ----------
    name : str
    run : callable
        What is timed; returns the answer.
    prepare : callable or None
        Done before each call, untimed.
    warm_up : callable or None
        The untimed first call; None takes `run`.
    repetitions : int
    scale : float
        Times longer that the whole work takes, where a peer does a part of it.
    note : str
        What a reader of its row should know.
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
    """What the clock says of a peer: the scaled median, and each call as it was."""

    name: str
    seconds: float
    each_seconds: list[float]
    answer: Any
    note: str


@dataclass(frozen=True)
class Bar:
    """A figure that must be reached: `least` or `most`, whichever is given."""

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
        What the progress bar says.
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
    """Return seconds and answer of one call."""
    if peer.prepare is not None:
        peer.prepare()
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def in_new_process(function, *arguments):
    """Return what ``module.function(*arguments)`` returns in a process of its own.

    Parameters
    ----------
    function : str
        Module of this folder and name, with a dot between.
    *arguments : object
        They and the answer must be fit for JSON.
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
        Adds a column of microseconds per step.
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
    """Print what was asked for, what was measured, and whether it is enough."""
    title = "Bars (of a quick run: too little data to judge by)" if quick else "Bars"
    table = Table("bar", title=title)
    for column in ("wanted", "measured", "met"):
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
    """Write a JSON file of results with all that is needed to compare them later.

    Parameters
    ----------
    path : Path or None
        None writes nothing.
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
    """Return the versions of Python and of the packages that are there."""
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
