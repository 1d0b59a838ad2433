"""Draw the pictures of the README.

python docs/make_images.py
"""

import re
from pathlib import Path

from matplotlib import pyplot as plt
from rich.console import CONSOLE_SVG_FORMAT, Console

from skweighted import compare
from skweighted.datasets import load_imbalanced_breast_cancer

IMAGES = Path(__file__).parent / "images"


def main():
    """Save what `skweighted compare` prints, and the differences as a picture."""
    comparison = compare(*load_imbalanced_breast_cancer())
    save_text(comparison)
    save_differences(comparison)


def save_text(comparison):
    """Save the verdict, the table and the notes as they are printed."""
    screen = Console(record=True, width=80)
    screen.print(comparison)
    # Without rich's web fonts, and with an id that does not change.
    style = re.sub(
        r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL
    )
    screen.save_svg(
        str(IMAGES / "compare.svg"),
        title="skweighted compare",
        code_format=style,
        unique_id="compare",
    )


def save_differences(comparison):
    """Save the differences from the plain network in two metrics."""
    plt.rcParams["svg.hashsalt"] = "differences"  # the same file for the same numbers
    fig, axes = plt.subplots(1, 2, figsize=(13, 4.4), layout="constrained")
    for ax, metric in zip(axes, ("log_loss", "balanced_accuracy"), strict=True):
        comparison.plot(metric, ax=ax)
    fig.savefig(IMAGES / "differences.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
