"""Time `import skweighted`, the command `skweighted` and the import of the classifier.

Whole processes are timed, in turn. The time of an import is that of its process, less
that of a process that imports NumPy.

    python benchmarks/startup.py [--quick] [--json OUT]
"""

import subprocess
import sys
from pathlib import Path

import click
from timing import Bar, Peer, print_bars, print_times, race, write_results

MOST_IMPORT_SECONDS = 0.15
MOST_HELP_SECONDS = 1
NUMPY, OURS, HELP = "import numpy", "import skweighted", "skweighted --help"
COMMANDS = {
    NUMPY: [sys.executable, "-c", "import numpy"],
    OURS: [sys.executable, "-c", "import numpy, skweighted"],
    HELP: [str(Path(sys.executable).with_name("skweighted")), "--help"],
    "from skweighted import CostSensitiveMLPClassifier": [
        sys.executable,
        "-c",
        "from skweighted import CostSensitiveMLPClassifier",
    ],
    "import tensorflow": [sys.executable, "-c", "import tensorflow"],
}
SLOW = ("from skweighted import CostSensitiveMLPClassifier", "import tensorflow")


def run(command):
    """Run a command without output; return its exit status."""
    return subprocess.run(command, check=True, capture_output=True).returncode


@click.command()
@click.option("--quick", is_flag=True, help="Few processes, as a smoke test.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(quick, json_path):
    """Time starts and print which targets are met."""
    peers = [
        Peer(
            name,
            lambda command=command: run(command),
            repetitions=(1 if quick else 3) if name in SLOW else (3 if quick else 15),
        )
        for name, command in COMMANDS.items()
    ]
    timings = race(peers, "start")
    print_times("Whole processes", timings, answer_name="status")
    beyond = timings[OURS].seconds - timings[NUMPY].seconds
    bars = [
        Bar(f"{OURS} beyond {NUMPY}", beyond, most=MOST_IMPORT_SECONDS, unit=" s"),
        Bar(HELP, timings[HELP].seconds, most=MOST_HELP_SECONDS, unit=" s"),
    ]
    print_bars(bars)
    write_results(json_path, {"quick": quick}, {"processes": timings}, bars)


if __name__ == "__main__":
    main()
