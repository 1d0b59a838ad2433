"""How accurate and how fast our classifier of raw tables is, next to its peers.

FOLDER holds CSV files whose column `target` is the label. Each peer is fitted in 5
stratified folds, which keep identical rows together, for each of 2 seeds. Each peer,
data set and seed has a process of its own.

    python benchmarks/accuracy.py run FOLDER --results DIR [--peer NAME ...] [--quick]
    python benchmarks/accuracy.py time FOLDER --results DIR [--peer NAME ...]
    python benchmarks/accuracy.py report --results DIR [--ablation DIR]
                                         [--markdown PAGE] [--figures DIR]
                                         [--keep DIR]

What DIR holds is not run again, and neither is what `--keep` has written to it: in a
copy of such a folder, more peers can be run for a page with all. `--variants FILE.json`
adds our classifier with other parameters, ``{"name": {"dropout": 0.0}}``, to the peers,
as for an ablation.
"""

import json
import os
import subprocess
import time as clock
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from accuracy_page import draw, page
from accuracy_peers import BOOSTING, PEERS, TABULAR, Peer, all_peers
from accuracy_report import ahead, keep_scores, ranks_of, read_scores, tables_of
from accuracy_runs import is_done, name_of, read, write_about
from rich.console import Console
from timing import in_new_process, write_results

QUICK_ROWS = 1_500
THREADS = (
    "LOKY_MAX_CPU_COUNT",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
Command = Callable[..., Any]


def options(command: Command) -> Command:
    """Add what `run` and `time` have in common."""
    for option in (
        click.option("--quick", is_flag=True, help="Only data under 1,500 rows."),
        click.option("--threads", type=int, help="Of each process; default: all."),
        click.option("--variants", type=click.Path(exists=True)),
        click.option("--data", "data_sets", multiple=True),
        click.option("--peer", "names", multiple=True, help="In this order."),
        click.option("--results", type=click.Path(path_type=Path), required=True),
        click.argument(
            "folder", type=click.Path(exists=True, path_type=Path, resolve_path=True)
        ),
    ):
        command = option(command)
    return command


@click.group()
def main() -> None:
    """Compare our classifier of raw tables with its peers."""


@main.command()
@options
@click.option("--seeds", default=2, show_default=True)
def run(
    folder: Path,
    results: Path,
    names: tuple[str, ...],
    data_sets: tuple[str, ...],
    variants: str | None,
    threads: int | None,
    quick: bool,
    seeds: int,
) -> None:
    """Fit the peers of FOLDER's data sets; seed 0 first, small data sets first."""
    peers = chosen(names, variants)
    n_rows = sizes(folder, data_sets, quick)
    n_threads = set_threads(threads)
    for name, peer in peers.items():
        try:
            write_about(str(results), name, peer)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    for seed in range(1 if quick else seeds):
        for name, path in pairs(peers, n_rows):
            if is_done(results, name, name_of(path), seed):
                continue
            with reported(f"seed {seed} {name_of(path)} {name}"):
                in_new_process(
                    "accuracy_runs.fit_folds",
                    str(path),
                    name,
                    seed,
                    str(results.resolve()),
                    n_threads,
                    variants and str(Path(variants).resolve()),
                )


@main.command()
@options
@click.option("--rounds", default=2, show_default=True)
def time(
    folder: Path,
    results: Path,
    names: tuple[str, ...],
    data_sets: tuple[str, ...],
    variants: str | None,
    threads: int | None,
    quick: bool,
    rounds: int,
) -> None:
    """Measure seconds in fold 0, the peers in turn, on a machine that is quiet.

    Each round is a new process, which fits twice. Results are in DIR/seconds.json.
    """
    peers = chosen(names, variants)
    n_rows = sizes(folder, data_sets, quick)
    n_threads = set_threads(threads)
    out = results / "seconds.json"
    stored: dict[str, Any] = {}
    if out.exists():
        stored = json.loads(out.read_text())["results"]
    for turn in range(rounds):
        for path in n_rows:
            for name, _ in pairs(peers, {path: n_rows[path]}):
                done = stored.setdefault(name_of(path), {}).setdefault(name, [])
                if len(done) > turn:
                    continue
                with reported(f"round {turn} {name_of(path)} {name}"):
                    seconds = in_new_process(
                        "accuracy_runs.measure",
                        str(path),
                        name,
                        n_threads,
                        variants and str(Path(variants).resolve()),
                    )
                    done.append(seconds)
                    write_results(out, {"threads": n_threads}, stored, [])


@main.command()
@click.option("--results", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--peer", "names", multiple=True, help="Default: all with results.")
@click.option(
    "--more",
    multiple=True,
    help="Peer with fewer data sets or seeds, which gets a table of its own.",
)
@click.option(
    "--ablation",
    type=click.Path(exists=True, path_type=Path),
    help=f"Results of {TABULAR} and of its variants.",
)
@click.option("--markdown", type=click.Path(path_type=Path))
@click.option("--figures", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Folder for the scores of all folds, which is --results of later reports.",
)
def report(
    results: Path,
    names: tuple[str, ...],
    more: tuple[str, ...],
    ablation: Path | None,
    markdown: Path | None,
    figures: Path | None,
    keep: Path | None,
) -> None:
    """Print mean ranks, and write the page and its diagrams."""
    try:
        scores = read_scores(results, names or None)
        tables = tables_of(scores, list(names) or list(PEERS))
        known = list(tables["log_loss"])
        for name in more:
            read_scores(results, [name])  # an error if there are none
        others = {
            name: tables_of(read_scores(results, [*known, name]), [*known, name])
            for name in more
        }
        parts = ablation and tables_of(read_scores(ablation), [])
        text = page(scores, tables, others, parts, results, figures and figures.name)
    except ValueError as error:  # too few results
        raise click.ClickException(str(error)) from None
    if keep is not None:
        keep_scores(results, keep)
    if figures is not None:
        draw(tables, figures)
    if markdown is not None:
        markdown.write_text(text + "\n", encoding="utf-8")
    console = Console(soft_wrap=True, highlight=False)
    n_sets = len(tables["log_loss"].dropna())
    console.print(f"Mean ranks over {n_sets} data sets, 1 is best")
    console.print(ranks_of(tables).round(2).to_string())
    if BOOSTING in tables["log_loss"]:
        console.print(f"\nData sets ahead of {BOOSTING}")
        console.print(ahead(tables, BOOSTING).to_string())


def chosen(names: Iterable[str], variants: str | None) -> dict[str, Peer]:
    """Return the peers to run: those named, or all; those installed."""
    try:
        peers = all_peers(variants)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    unknown = [name for name in names if name not in peers]
    if unknown:
        raise click.UsageError(
            f"There is no peer {unknown[0]!r}. Peers: {', '.join(peers)}."
        )
    found = {name: peers[name] for name in names} or peers
    for name, peer in found.items():
        if not peer.is_installed():
            Console().print(f"{name} is skipped: {peer.package} is not installed.")
    return {name: peer for name, peer in found.items() if peer.is_installed()}


def sizes(folder: Path, names: tuple[str, ...], quick: bool) -> dict[Path, int]:
    """Return the files, small ones first, and their numbers of rows."""
    paths = {name_of(path): path for path in sorted(folder.glob("*.csv*"))}
    unknown = [name for name in names if name not in paths]
    if unknown or not paths:
        raise click.UsageError(
            f"{folder} has no data set {', '.join(unknown)}. It has: {', '.join(paths)}"
        )
    n_rows = {paths[name]: len(read(paths[name]).y) for name in names or paths}
    most = QUICK_ROWS if quick else float("inf")
    small_first = sorted(n_rows, key=n_rows.__getitem__)
    return {path: n_rows[path] for path in small_first if n_rows[path] < most}


def pairs(
    peers: dict[str, Peer], n_rows: dict[Path, int]
) -> Iterator[tuple[str, Path]]:
    """Yield each peer with each data set that is not too large for it."""
    for name, peer in peers.items():
        for path, n in n_rows.items():
            if peer.most_rows is None or n <= peer.most_rows:
                yield name, path


def set_threads(threads: int | None) -> int:
    """Bound the threads of the processes to come, and return their number."""
    if threads is None:
        return os.cpu_count() or 1
    os.environ.update(dict.fromkeys(THREADS, str(threads)))
    return threads


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Print what was done and how long it took, or that it failed; then go on."""
    start, end = clock.perf_counter(), ""
    try:
        yield
    except subprocess.CalledProcessError:
        end = " FAILED"
    seconds = clock.perf_counter() - start
    Console(soft_wrap=True).print(f"{what} {seconds:.0f} s{end}")


if __name__ == "__main__":
    main()
