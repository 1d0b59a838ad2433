"""Draw the picture of the README.

python docs/make_images.py
"""

import re
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console

from skweighted import compare
from skweighted.datasets import load_imbalanced_breast_cancer

IMAGES = Path(__file__).parent / "images"


def main():
    """Save what `skweighted compare` prints."""
    comparison = compare(*load_imbalanced_breast_cancer())
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


if __name__ == "__main__":
    main()
