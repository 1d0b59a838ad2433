"""The peers that train the workloads: skweighted, Keras, SciKeras, sklearn, PyTorch.

Each function returns a `Peer` whose result is the training loss of the last epoch. The
peers of Keras and PyTorch train some of the epochs if all would take minutes.
"""

import itertools
import warnings
from dataclasses import replace
from functools import partial

# Before SciKeras, because this import silences the log lines of TensorFlow.
from skweighted._tensorflow import keras  # isort: skip
import numpy as np
from scikeras.wrappers import KerasClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from timing import Peer, race

from skweighted import CostSensitiveMLPClassifier

try:
    import torch
    from skorch import NeuralNetBinaryClassifier
except ImportError:
    torch = None

OUR_NAME = "skweighted"
STEPS_PER_EXECUTION = (8, 32, 128)


def our_classifier(workload, **more):
    """Return our estimator for a workload."""
    settings = dict(
        optimizer=workload.optimizer,
        learning_rate=workload.learning_rate,
        batch_size=workload.batch_size,
        epochs=workload.epochs,
        alpha=0.0,
        random_state=0,
        engine="xla",
    )
    return CostSensitiveMLPClassifier(workload.hidden, **settings | more)


def ours(workload, X, y, name=OUR_NAME, **more):
    """Return our estimator, which trains all epochs from the start in each fit."""

    def run():
        return our_classifier(workload, **more).fit(X, y).loss_curve_[-1]

    def warm_up():
        our_classifier(workload, epochs=1, **more).fit(X, y)

    return Peer(name, run, warm_up=warm_up, repetitions=7)


def keras_model(workload, **compile_options):
    """Return a compiled `keras.Sequential` in Keras' global precision."""
    widths = [*((width, "relu") for width in workload.hidden), (1, "sigmoid")]
    model = keras.Sequential(
        [
            keras.Input((workload.n_features,)),
            *(
                keras.layers.Dense(width, activation, kernel_initializer="he_uniform")
                for width, activation in widths
            ),
        ]
    )
    optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    model.compile(
        optimizer=optimizers[workload.optimizer](workload.learning_rate),
        loss="binary_crossentropy",
        **compile_options,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def start_again(model):
    """Return a function that resets a model and its optimizer to this state."""
    variables = [*model.variables, *model.optimizer.variables]
    values = [variable.value.numpy() for variable in variables]

    def assign():
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    return assign


def keras_fit(workload, X, y, name="keras.Model.fit", note="", **compile_options):
    """Return `keras.Model.fit` of a model that is already compiled and traced."""
    model = keras_model(workload, **compile_options)

    def fit(epochs):
        history = model.fit(
            X, y, batch_size=workload.batch_size, epochs=epochs, verbose=0
        )
        return history.history["loss"][-1]

    return _partial(workload, name, fit, start_again(model), note)


def best_keras_fit(workload, X, y):
    """Return `keras.Model.fit` with the fastest of six settings, and all six times."""
    candidates = [
        keras_fit(
            workload,
            X,
            y,
            name=f"{steps} steps per execution, {'jit' if jit_compile else 'no jit'}",
            steps_per_execution=min(steps, workload.steps_per_epoch),
            jit_compile=jit_compile,
        )
        for steps, jit_compile in itertools.product(STEPS_PER_EXECUTION, (False, True))
    ]
    return fastest(candidates, "keras.Model.fit, best")


def fastest(candidates, name):
    """Return the fastest of some peers, renamed, and the seconds of all."""
    timings = race(candidates, f"settings of {name}")
    best = min(candidates, key=lambda peer: timings[peer.name].seconds)
    note = "; ".join(filter(None, [best.name, best.note]))
    seconds = {name: timing.seconds for name, timing in timings.items()}
    return replace(best, name=name, note=note), seconds


def scikeras_fit(workload, X, y):
    """Return SciKeras' classifier, whose warm start avoids compiling again."""
    clf = KerasClassifier(
        lambda: keras_model(workload),
        batch_size=workload.batch_size,
        epochs=1,
        verbose=0,
        warm_start=True,
    ).fit(X, y)

    def fit(epochs):
        return clf.set_params(epochs=epochs).fit(X, y).history_["loss"][-1]

    return _partial(workload, "SciKeras KerasClassifier", fit, start_again(clf.model_))


def sklearn_mlp(workload, **more):
    """Return sklearn's MLPClassifier for a workload, without penalty or stopping."""
    settings = dict(
        solver=workload.optimizer,
        learning_rate_init=workload.learning_rate,
        batch_size=workload.batch_size,
        max_iter=workload.epochs,
        n_iter_no_change=workload.epochs,
        tol=0.0,
        alpha=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=0,
    )
    return MLPClassifier(workload.hidden, **settings | more)


def sklearn_fit(workload, X, y):
    """Return sklearn's MLPClassifier, all epochs."""

    def fit(**more):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return float(sklearn_mlp(workload, **more).fit(X, y).loss_)

    return Peer(
        "sklearn MLPClassifier", fit, warm_up=lambda: fit(max_iter=1), repetitions=3
    )


def torch_peers(workload, X, y):
    """Return skorch and a PyTorch loop, or nothing if they are not installed.

    Both use one thread or all, whichever is faster: small steps took 4 ms on several
    threads and 0.3 ms on one (PyTorch 2.13, a busy machine with two cores).
    """
    if torch is None:
        return []
    most = torch.get_num_threads()
    peers = []
    for name, make in (("skorch", skorch_fit), ("PyTorch loop", torch_loop)):
        peer = make(workload, X, y)
        candidates = [
            replace(
                peer,
                name="1 thread" if n_threads == 1 else f"{n_threads} threads",
                run=peer.warm_up,
                prepare=partial(torch.set_num_threads, n_threads),
                repetitions=1,
            )
            for n_threads in sorted({1, most})
        ]
        best, _ = fastest(candidates, name)
        peers.append(replace(best, run=peer.run, repetitions=peer.repetitions))
    torch.set_num_threads(most)
    return peers


def torch_network(workload, dtype):
    """Return the network in PyTorch, whose outputs are logits of shape (n, 1)."""
    layers, n_inputs = [], workload.n_features
    for width in workload.hidden:
        layers += [torch.nn.Linear(n_inputs, width), torch.nn.ReLU()]
        n_inputs = width
    network = torch.nn.Sequential(*layers, torch.nn.Linear(n_inputs, 1))
    return network.to(getattr(torch, np.dtype(dtype).name))


def torch_optimizer(workload):
    """Return the class of the optimizer in PyTorch."""
    return {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[workload.optimizer]


def skorch_fit(workload, X, y):
    """Return skorch's binary classifier, without validation."""
    target = y.astype(X.dtype)

    def fit(epochs):
        torch.manual_seed(0)
        net = NeuralNetBinaryClassifier(
            torch_network(workload, X.dtype),
            optimizer=torch_optimizer(workload),
            lr=workload.learning_rate,
            batch_size=workload.batch_size,
            max_epochs=epochs,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        )
        return float(net.fit(X, target).history[-1, "train_loss"])

    return _partial(workload, "skorch", fit)


def torch_loop(workload, X, y):
    """Return a plain training loop in PyTorch."""
    features = torch.from_numpy(X)
    target = torch.from_numpy(y.astype(X.dtype)[:, np.newaxis])
    loss_function = torch.nn.BCEWithLogitsLoss()

    def fit(epochs):
        torch.manual_seed(0)
        network = torch_network(workload, X.dtype)
        optimizer = torch_optimizer(workload)(
            network.parameters(), lr=workload.learning_rate
        )
        for _ in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(features)).split(workload.batch_size):
                optimizer.zero_grad()
                loss = loss_function(network(features[rows]), target[rows])
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
        return float(total / len(features))

    return _partial(workload, "PyTorch loop", fit)


def _partial(workload, name, fit, prepare=None, note=""):
    """Return a peer that trains `part_epochs`, with its time scaled to all epochs."""
    scale = workload.epochs / workload.part_epochs
    scaled = f"scaled from {workload.part_epochs} of {workload.epochs} epochs"
    return Peer(
        name,
        run=lambda: fit(workload.part_epochs),
        prepare=prepare,
        warm_up=lambda: fit(1),
        repetitions=2,
        scale=scale,
        note="; ".join(filter(None, [note, scaled if scale != 1 else ""])),
    )
