"""Tables of the documentation that state what the code knows."""

from pathlib import Path

from skweighted._costs._distortion import LOSSES

COSTS = Path(__file__).parent.parent / "docs" / "costs.md"


def rows_below(header):
    """Return the cells of each row of the table with this header in docs/costs.md."""
    lines = COSTS.read_text(encoding="utf-8").splitlines()
    rows = []
    for line in lines[lines.index(header) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_table_of_losses_is_the_table_of_distortions():
    undone_by = {True: "nothing to undo", False: "not possible"}
    assert rows_below(
        "| `loss=` | source | defined for | what it changes | undone by |"
    ) == [
        [
            f'`"{name}"`',
            loss.source,
            loss.defined_for,
            loss.summary,
            loss.undone_by or undone_by[loss.recoverable],
        ]
        for name, loss in LOSSES.items()
    ]


def test_the_losses_that_warn_of_class_weights_are_those_of_the_table():
    doubled, ignoring = (
        {name for name in LOSSES if f'`"{name}"`' in row[1]}
        for row in rows_below("| you combine | with | result |")
        if row[0] == "class weights"
    )
    assert doubled == {
        name for name, loss in LOSSES.items() if loss.equalizes or loss.minimizes_cost
    }
    assert ignoring == {
        name for name, loss in LOSSES.items() if loss.ignores_class_weight
    }
