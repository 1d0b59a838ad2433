"""`skweighted train`."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from skweighted._cli.failures import WrongArgument, warn
from skweighted._cli.inputs import (
    FeatureOptions,
    costs_of,
    false_alarm_option,
    miss_option,
    with_feature_options,
    with_groups,
)
from skweighted._cli.networks import epochs_option, network_for
from skweighted._cli.outputs import check_writable
from skweighted._cli.text_options import with_text_options

if TYPE_CHECKING:
    import pandas as pd

    from skweighted.comparison.files import TextFormat
    from skweighted.comparison.plan import Plan

DEFAULT_STRATEGY = "tabular"


@click.command()
@click.argument("file")
@click.option("--target", metavar="COLUMN", help="Column that holds the classes.")
@click.option(
    "-o",
    "--output",
    metavar="MODEL",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@click.option(
    "--strategy",
    metavar="NAME",
    help="Strategy to train; `skweighted strategies` lists them.  [default: tabular]",
)
@click.option(
    "--best",
    metavar="METRIC",
    help="Compare the default strategies first, and train the best by this metric, "
    "such as average_precision. The model then has measured scores.",
)
@click.option(
    "--search",
    is_flag=True,
    help="Search for the class weights with the best balanced accuracy, or the least "
    "cost if costs are given, by cross-validation.",
)
@miss_option
@false_alarm_option
@click.option(
    "--groups",
    metavar="COLUMN",
    help="Group column, such as patient IDs; a group is never split across folds, and "
    "is not used as a feature.",
)
@with_feature_options
@with_text_options
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    help="Number of folds of --best and --search.  [default: 5]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=0,
    show_default=True,
    help="Random seed; the same seed gives the same model.",
)
@epochs_option
def train(
    file: str,
    target: str | None,
    output: Path,
    strategy: str | None,
    best: str | None,
    search: bool,
    miss: float | None,
    false_alarm: float | None,
    groups: str | None,
    features: FeatureOptions,
    text_format: "TextFormat",
    folds: int | None,
    seed: int,
    epochs: int | None,
) -> None:
    """Train a model on a table, and write it to a file.

    FILE is a table as in `skweighted compare`. The model is trained on all of its rows;
    `skweighted predict` applies it to others, and `skweighted show` describes it.

    With costs, a model of --strategy decides by the least expected cost; with --best,
    the strategies are compared as `skweighted compare` does, and --best expected_cost
    trains the cheapest one. Loading the file runs no code from it.
    """
    from skweighted import Model
    from skweighted._columns import conspicuous
    from skweighted.comparison.files import is_text
    from skweighted.comparison.plan import ALL_ROWS, make_plan
    from skweighted.comparison.sources import load

    if best is not None:
        _check_best(best, strategy, search, has_costs=miss is not None)
    elif folds is not None and not search:
        raise WrongArgument("--folds needs --best or --search.")
    folds = folds or 5
    check_writable("output", output, file)
    X, y = load(file, target, text_format)
    X, group_of_row = with_groups(features.of(X, target, groups), groups, target)
    costs = costs_of(y, miss, false_alarm)
    plan = make_plan(
        X,
        y,
        strategies=None if best else _checked(strategy or DEFAULT_STRATEGY),
        cv=folds if best else ALL_ROWS,
        groups=group_of_row,
        cost_matrix=costs,
        random_state=seed,
    )
    click.echo(plan.data.describe())
    for line in conspicuous(X, in_python=not is_text(file)):
        warn(line)
    trained = _train(plan, network_for(plan, epochs), best, folds if search else None)
    model = Model.describe(
        trained.fitted,
        X,
        plan.data.y,
        target=target or str(y.name),
        strategy=trained.strategy,
        reason=trained.reason,
        scores=trained.scores,
        fit_seconds=trained.seconds,
    )
    model.save(output)
    click.echo(trained.reason)
    click.echo(f"Model: {output}. `skweighted show {output}` describes it.")


class _Trained(NamedTuple):
    """A fitted classifier, and what its card says of the training."""

    fitted: Any
    strategy: str
    reason: str
    scores: "pd.DataFrame | None"
    seconds: float


def _train(
    plan: "Plan", network: Any, best: str | None, search_folds: int | None
) -> _Trained:
    """Fit the strategy of a plan, or the best of its comparison, to all rows."""
    from skweighted.comparison.run import run

    scores = None
    if best is not None:
        comparison = run(plan, network, progress=True)
        strategy, reason = comparison.best(best)
        scores = comparison.intervals(strategy)
        estimator: Any = comparison.pipeline(strategy)
    else:
        (strategy,) = plan.strategies
        reason = f"{strategy!r} was trained without a comparison."
        estimator = _pipeline(plan, strategy, network)
        if search_folds is not None:
            estimator = _search(estimator, plan, strategy, search_folds)
    start = time.perf_counter()
    try:
        estimator.fit(plan.data.X, plan.data.y)
    except ValueError as error:
        raise WrongArgument(f"Training of {strategy!r} failed. {error}") from error
    if search_folds is not None:
        reason = _found(estimator, strategy, search_folds)
    seconds = time.perf_counter() - start
    return _Trained(estimator, strategy, reason, scores, seconds)


def _pipeline(plan: "Plan", strategy: str, network: Any) -> Any:
    """Return the unfitted pipeline of a strategy, which decides by the costs if any."""
    from skweighted.comparison.strategies import for_rows

    why_not = plan.strategies[strategy].why_not(plan.setting(network))
    if why_not:
        raise WrongArgument(f"Strategy {strategy!r} cannot be used here: {why_not}.")
    pipeline: Any = plan.pipeline(strategy, network)
    pipeline = for_rows(pipeline, plan.random_state, plan.groups)
    # A threshold is tuned by the costs.
    if plan.cost_matrix is not None and hasattr(pipeline, "steps"):
        name, last = pipeline.steps[-1]
        if "cost_matrix" not in last.get_params(deep=False):
            raise WrongArgument(
                f"Strategy {strategy!r} does not decide by costs. Use another, such as "
                f"tabular, min_cost or threshold, or omit --miss and --false-alarm."
            )
        pipeline.set_params(**{f"{name}__cost_matrix": plan.cost_matrix})
    return pipeline


def _search(pipeline: Any, plan: "Plan", strategy: str, folds: int) -> Any:
    """Return the unfitted search for class weights of a pipeline."""
    from skweighted import ClassWeightSearchCV, CostSensitiveMLPClassifier
    from skweighted.comparison.strategies import TuningFolds
    from skweighted.metrics import make_cost_scorer

    name, last = pipeline.steps[-1] if hasattr(pipeline, "steps") else ("", None)
    if not isinstance(last, CostSensitiveMLPClassifier):
        raise WrongArgument(
            f"--search needs a strategy that ends in a network with class weights, "
            f"such as tabular or none. Got {strategy!r}."
        )
    values: Any = "path"
    if len(plan.data.classes) > 2:
        values = [None, "sqrt_balanced", "balanced"]
    scoring: Any = "balanced_accuracy"
    if plan.cost_matrix is not None:
        scoring = make_cost_scorer(plan.cost_matrix)
    return ClassWeightSearchCV(
        pipeline,
        {f"{name}__class_weight": values},
        scoring=scoring,
        cv=TuningFolds(folds, groups=plan.groups, random_state=plan.random_state),
        error_score="raise",
        verbose=int(sys.stderr.isatty()),
    )


def _found(search: Any, strategy: str, folds: int) -> str:
    """Return which class weights a search has found, in words."""
    (weights,) = search.best_params_.values()
    if isinstance(weights, dict):
        weights = {label: float(f"{weight:.3g}") for label, weight in weights.items()}
    score, title = search.best_score_, "balanced accuracy"
    if search.scoring != "balanced_accuracy":
        score, title = -score, "cost per row"
    n_candidates = len(search.cv_results_["params"])
    return (
        f"{strategy!r} with class weights {weights}, the best of {n_candidates} by "
        f"{title}: {score:.3g}, the mean over {folds} folds."
    )


def _checked(strategy: str) -> str:
    """Return the name of a strategy, or raise an error if there is none."""
    from skweighted.comparison.strategies import choose_strategies

    try:
        (name,) = choose_strategies([strategy])
    except ValueError as error:
        raise WrongArgument(str(error)) from None
    return name


def _check_best(
    best: str, strategy: str | None, search: bool, *, has_costs: bool
) -> None:
    """Raise an error unless a comparison can choose by the metric."""
    from skweighted._text import did_you_mean, shortened
    from skweighted.comparison.measures import MEASURES, OF_COSTS

    known = [name for name in MEASURES if has_costs or name not in OF_COSTS]
    if best in OF_COSTS and not has_costs:
        raise WrongArgument(
            f"--best {best} needs --miss, the cost of a false negative."
        )
    if best not in known:
        raise WrongArgument(
            f"--best must be a metric. Got {best!r}.{did_you_mean(best, known)} Known: "
            f"{shortened(known, 99)}."
        )
    for option, given in (("--strategy", strategy is not None), ("--search", search)):
        if given:
            raise WrongArgument(
                f"--best and {option} cannot be combined: --best trains a strategy as "
                f"it was compared."
            )
