"""Draw the pictures of the README and the docs anew.

python docs/make_images.py
"""

import re
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console

from skweighted import compare
from skweighted.datasets import load_imbalanced_breast_cancer

IMAGES = Path(__file__).parent / "images"


def main():
    """Save the table that `skweighted compare` prints."""
    screen = Console(record=True, width=110)
    screen.print(compare(*load_imbalanced_breast_cancer()))
    # Without rich's web fonts, and with one id whenever it is drawn.
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
