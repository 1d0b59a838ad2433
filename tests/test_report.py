"""The page of a comparison: complete, self-contained, escaped, accessible."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skweighted import compare
from skweighted.comparison import STRATEGIES
from skweighted.comparison.data import as_labeled_data
from skweighted.comparison.report import page as report

LOGISTIC = LogisticRegression(C=0.5)
COSTS = {("ok", "fraud"): 1, ("fraud", "ok"): 12}
COMMAND = "skweighted compare 'my <table>.csv' --target fraud --seed 3"
VOID = {"meta", "link", "br"}
HEADINGS = [
    "Verdict",
    "All metrics",
    "Differences from no treatment",
    "How it was done",
]
KINDS = {"better": "better", "equivalent": "no real difference", "worse": "worse"}
SCRIPT = "<script>alert(1)</script>"


def label_of(strategy):
    return STRATEGIES[strategy].label


class Page(HTMLParser):
    """Elements, words and table rows of a page; fails if elements are not balanced."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.rows = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def rows(n_classes=2, labels=("ok", "fraud")):
    X, y = make_classification(
        240,
        n_features=5,
        n_informative=4,
        n_redundant=0,
        n_classes=n_classes,
        weights=[0.85] if n_classes == 2 else [0.6, 0.3],
        class_sep=0.6,
        random_state=0,
    )
    return X, np.array(labels)[y]


@pytest.fixture(scope="module")
def with_costs():
    strategies = ["none", "class_weight", "threshold", "smote", "focal"]
    return compare(
        *rows(),
        estimator=LOGISTIC,
        cv=3,
        strategies=strategies,
        cost_matrix=COSTS,
        random_state=3,
    )


@pytest.fixture(scope="module")
def odd():
    X, y = rows(labels=("it's & $ok_{", "<b>fraud</b>"))
    frame = pd.DataFrame(X, columns=[SCRIPT, "b", "c", "d", "e"])
    named = {"none": STRATEGIES["none"], "<i>$x_{": STRATEGIES["smote"]}
    return compare(frame, y, estimator=LOGISTIC, cv=2, strategies=named)


@pytest.fixture(scope="module")
def three_classes():
    X, y = rows(3, ("low", "mid", "top"))
    return compare(X, y, estimator=LOGISTIC, cv=2, strategies=["none", "random_over"])


@pytest.fixture(scope="module")
def page(with_costs):
    return report.html(with_costs, command=COMMAND)


@pytest.fixture(scope="module")
def cell(with_costs):
    return report.html(with_costs, for_notebook=True)


@pytest.fixture(scope="module")
def odd_page(odd):
    return report.html(odd, command=SCRIPT)


@pytest.fixture(scope="module")
def odd_cell(odd):
    return report.html(odd, for_notebook=True)


@pytest.fixture(scope="module")
def page_of_three(three_classes):
    return report.html(three_classes)


@pytest.mark.parametrize(
    "name", ["page", "cell", "odd_page", "odd_cell", "page_of_three"]
)
def test_elements_are_balanced_and_ids_unique(name, request):
    text = request.getfixturevalue(name)
    found = Page(text)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_loads_nothing(page):
    assert not re.search(r"https?:|@import|<script|url\((?!#)", page)
    for tag, attributes in Page(page).tags:
        for name in ("src", "href"):
            target = attributes.get(name, "#")
            assert target.startswith(("#", "data:")), tag


def test_every_figure_has_an_alternative_text(page):
    found = Page(page)
    drawn = found.all("svg")
    assert len(drawn) == len(found.all("figure")) == 7
    for attributes in drawn:
        assert attributes["role"] == "img"
        assert len(attributes["aria-label"]) > 30
    assert len({attributes["aria-label"] for attributes in drawn}) == len(drawn)


def test_alternative_texts_name_the_best_strategy(page, with_costs):
    texts = [attributes["aria-label"] for attributes in Page(page).all("svg")]
    means = with_costs.summary()["average_precision", "mean"]
    best, none = means.idxmax(), means["none"]
    assert (
        f"Precision against recall. Best average precision: {label_of(best)}, "
        f"{means.max():.3f}; no treatment: {none:.3f}."
    ) in texts
    table = with_costs.differences()
    best = table["difference"].idxmin()  # of the costs
    assert texts[0].startswith(
        "Differences from no treatment in cost per row, with 95 %"
    )
    assert f"Best: {label_of(best)}, {table.loc[best, 'difference']:+.3f}" in texts[0]


def test_links_have_a_heading_as_target(page):
    found = Page(page)
    targets = {attributes["id"] for attributes in found.all("h2")}
    links = {attributes["href"][1:] for attributes in found.all("a")}
    assert links == targets


def test_the_page_has_verdict_seed_command_and_versions(page, with_costs):
    text = Page(page).text
    for metric in ("expected_cost", "balanced_accuracy", "log_loss"):
        for sentence in with_costs.verdict(metric):
            assert sentence in text
    for heading in HEADINGS:
        assert heading in text
    assert COMMAND in text
    assert "Seed 3 " in text
    assert with_costs.network in text
    for name, number in with_costs.versions.items():
        assert f"{name} {number}" in text


def test_the_verdict_comes_before_tables_and_pictures(page, with_costs):
    text = Page(page).text
    places = [text.index(sentence) for sentence in with_costs.verdict()]
    assert len(places) == 4
    assert max(places) < text.index("strategy")
    assert page.index('class="verdict"') < min(
        page.index("<table"), page.index("<figure")
    )


def test_the_first_table_has_the_metrics_that_decide_of_each_strategy(page, with_costs):
    heading, *found = Page(page).rows[: 1 + len(with_costs.strategies)]
    assert [title.replace("\xa0", " ") for title in heading] == [
        *("#", "strategy", "cost per row ↓", "average precision ↑", "log loss ↓"),
        *("balanced accuracy ↑", "rare-class recall ↑", "rare-class precision ↑"),
        "fit seconds ↓",
    ]
    means = with_costs.summary().xs("mean", axis=1, level=1)
    for name, row in zip(with_costs.ranking(), found, strict=True):
        assert row[1] == label_of(name)
        assert row[3].strip(" *") == f"{means.loc[name, 'average_precision']:.3f}"


def test_names_are_words_and_those_of_the_code_are_there_once(page, with_costs):
    text = Page(page).text
    assert text.count("class_weight") == 1
    for name in with_costs.strategies:
        assert f"{label_of(name)} = {name}" in text


def test_the_rows_behind_the_metrics_of_the_rare_class_are_counted(page):
    n_rare = (rows()[1] == "fraud").sum()
    assert f"Rare class: fraud, {n_rare} of 240 test rows, " in Page(page).text


def test_each_strategy_is_ranked_with_the_numbers_of_the_summary(page, with_costs):
    found = Page(page).rows
    summary = with_costs.summary()
    costs = found.index(
        next(
            row for row in found if "cost per row\xa0↓" in row and "savings\xa0↑" in row
        )
    )
    ranked = summary.sort_values(("expected_cost", "mean"), kind="stable")
    for row, (name, values) in zip(found[costs + 1 :], ranked.iterrows(), strict=False):
        assert row[1] == label_of(name)
        mean, deviation = values["expected_cost"]
        shown = f"{mean:.3f} ± {deviation:.3f}"
        assert " ".join(row[2].replace("*", " ").split()) == shown
    best = [row[2] for row in found[costs + 1 : costs + 1 + len(ranked)]]
    assert ["*" in cell for cell in best] == [True] + [False] * (len(ranked) - 1)


def test_each_difference_has_its_probabilities_and_decision(page, with_costs):
    found = Page(page).rows
    table = with_costs.differences("balanced_accuracy")
    for name, values in table.iterrows():
        chances = {kind: values[f"p_{kind}"] for kind in KINDS}
        sure = [kind for kind, chance in chances.items() if chance >= 0.95]
        row = [
            f"{values['difference']:+.3f}",
            f"{values['low']:+.3f} to {values['high']:+.3f}",
            *(f"{chance:.0%}" for chance in chances.values()),
            KINDS[sure[0]] if sure else "undecided",
        ]
        assert row in [each[2:] for each in found if each[1] == label_of(name)]


def test_skipped_strategies_are_reported_with_their_reason(page, with_costs):
    assert f"focal loss (skipped): {with_costs.skipped['focal']}." in Page(page).text


def test_labels_and_names_are_escaped(odd_page, odd_cell):
    for text in (odd_page, odd_cell):
        assert not re.search(r"<(b|i|script)>[f$a]", text)
        assert "<i>$x_{" in Page(text).text
    assert SCRIPT in Page(odd_page).text


def test_a_page_without_costs_reports_what_is_left_out(odd_page):
    text = Page(odd_page).text
    assert "No costs were given, so there is no cost against the threshold." in text
    assert "there are no training curves" in text
    assert 'id="cost_against_threshold"' not in odd_page


def test_a_page_without_command_explains_how_to_reproduce_it(page_of_three):
    assert "The same call of skweighted.compare with" in Page(page_of_three).text


def test_a_page_of_three_classes_draws_the_rarest(page_of_three):
    text = Page(page_of_three).text
    assert "Recall of class top" in text
    assert "3 classes" in text


def test_one_strategy_has_a_page_without_verdict():
    alone = compare(*rows(), estimator=LOGISTIC, cv=2, strategies="none")
    text = Page(report.html(alone)).text
    assert "There is nothing to compare no treatment with." in text


def test_many_classes_share_one_bar():
    X, y = np.arange(60.0)[:, np.newaxis], np.repeat(np.arange(10), 6)
    bars = report._bars(as_labeled_data(X[:-1], y[:-1]))
    assert [bar.label for bar in bars] == ["0", "1", "2", "3", "5 other classes", "9"]
    assert sum(bar.percent for bar in bars) == pytest.approx(100)


def test_a_notebook_cell_is_short_and_styles_nothing_else(with_costs, cell):
    assert len(cell) < 60_000
    assert cell.count("<table") == cell.count("<figure") == 1
    assert with_costs.verdict()[0] in Page(cell).text
    (style,) = re.findall(r"<style>(.*?)</style>", cell, re.DOTALL)
    for rule in style.strip().splitlines():
        for selector in rule.split("{")[0].split(","):
            assert selector.strip().startswith(".skweighted")


def test_a_notebook_cell_is_the_same_each_time(with_costs, cell):
    assert report.html(with_costs, for_notebook=True) == cell
