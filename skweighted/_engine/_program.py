"""The compiled block of training steps: compiled once, used by every fit.

A program is a pure function from state to state. Keras' optimizers need variables, so a
program has its own variables, which hold the state only while it runs. Threads that run
one program at the same time each have their own set of them. What varies between fits
(initial weights, learning rates, penalties, dropout rates, rows, weights) is data, so
it never causes recompilation.
"""

import copy
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from skweighted._engine._cache import MOST_PROGRAMS, Cache
from skweighted._engine._dropout import kept
from skweighted._engine._loss_data import is_batch_wide, structure, with_data
from skweighted._engine._network import (
    dense_parameters,
    outputs_in_training,
    rows_last,
    stacked_shapes,
)
from skweighted._engine._optimizers import copy_of, settings
from skweighted._engine._spec import NetworkSpec
from skweighted._tensorflow import keras, tf


class Block(NamedTuple):
    """The batches of up to K steps of M networks, padded to a fixed shape.

    A padding row has weight 0, so it has no effect. `n_rows` is the number of other
    rows, by which Keras divides the loss of a batch. For a single network, the last two
    axes of `X` are swapped, see `rows_last`.
    """

    X: Any  # (K, M, n_features, B)
    target: Any  # (K, M, B, n_outputs)
    weight: Any  # (K, M, B), or (K, M, B, n_outputs) if each output has its own
    n_rows: Any  # (K, M)
    dropout: tuple[Any, ...]  # of each stage with dropout: (K, ...), see `bits_of`
    rate: Any = ()  # with schedules, factors of the learning rates: (K, M, 1, 1)


class PerNetwork(NamedTuple):
    """The numbers of M networks that are arguments of a program, not part of it."""

    learning_rate: Any  # (M, 1, 1)
    l2: Any  # of each stage, the factor of the sum of squares of its kernel: (M,)
    scale: Any  # of each stage, the factor of what dropout keeps: (M, 1, 1)
    loss_data: dict[str, Any]  # numbers and arrays of the loss: (M, 1, ...)


@dataclass(frozen=True)
class Shape:
    """The fixed shape of a program: up to K steps of M networks on B rows.

    With `is_scheduled`, blocks have factors of the learning rates.
    """

    n_steps: int
    n_networks: int
    n_rows: int
    is_scheduled: bool = False


class Program:
    """One compiled block of training steps.

    Parameters
    ----------
    network : NetworkSpec
    optimizer : keras.optimizers.Optimizer
        Holds class, settings and schedule; only copies of it are used.
    loss : keras.losses.Loss
        Computes one value per weight, or the loss of a batch.
    shape : Shape
    """

    def __init__(
        self, network: NetworkSpec, optimizer: Any, loss: Any, shape: Shape
    ) -> None:
        self.shape = shape
        self._network = network
        self._loss = loss
        self._lock = threading.Lock()
        self._parameters = [
            keras.Variable(np.zeros((shape.n_networks, *one)), dtype=network.dtype)
            for one in stacked_shapes(network)
        ]
        # In the default precision of Keras, float32, for networks of any precision.
        self._learning_rate = tf.Variable(
            tf.zeros((shape.n_networks, 1, 1), keras.config.floatx())
        )
        self._optimizer = copy_of(optimizer, self._learning_rate.read_value)
        self._trained = [
            parameter
            for parameter, is_trained in zip(
                self._parameters, network.is_trained, strict=True
            )
            if is_trained
        ]
        self._optimizer.build(self._trained)
        self._variables = [*self._parameters, *self._optimizer.variables]
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._traced: Any = None
        self._idle: list[_Lane] = []

    def fresh_optimizer_state(self) -> list[np.ndarray]:
        """Return the optimizer's variables before the first step."""
        return self._fresh

    def run(
        self,
        state: Sequence[Any],
        numbers: PerNetwork,
        block: Block,
        n_steps: int,
    ) -> tuple[list[Any], np.ndarray]:
        """Run the first steps of a block.

        Parameters
        ----------
        state : sequence of tensor
            Parameters, then the optimizer's variables, stacked over the networks.
        numbers : PerNetwork
        block : Block
        n_steps : int
            Number of steps to run, at most K.

        Returns
        -------
        state : list of tensor
        losses : ndarray of shape (n_steps, M)
            Loss of each batch, including the penalty.
        """
        arguments = (
            list(map(tf.convert_to_tensor, state)),
            tf.nest.map_structure(tf.constant, numbers),
            block,
            tf.constant(n_steps),
        )
        lane = self._free_lane(arguments)
        new_state, losses = lane.function(*arguments)
        self._idle.append(lane)
        return new_state, losses.numpy()[:n_steps]

    def _free_lane(self, arguments: tuple[Any, ...]) -> "_Lane":
        """Return the compiled function with variables that no other thread uses."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._traced is None:
                # The shape never changes, so no trace has to be looked up in each
                # call, which took 1 ms, a quarter of the time of a block.
                function = tf.function(self._steps, jit_compile=True, autograph=False)
                self._traced = function.get_concrete_function(*arguments)
        return _lane(self._traced)

    def _steps(self, state, numbers, block, n_steps):
        """Trace the loop over the steps."""
        for variable, value in zip(self._variables, state, strict=True):
            variable.value.assign(value)
        self._learning_rate.assign(numbers.learning_rate)
        shape = (self.shape.n_steps, self.shape.n_networks)
        loss_data = tf.nest.map_structure(self._for_members, numbers.loss_data)
        loss_function = with_data(self._loss, loss_data)

        def one_step(step, losses):
            batch = tf.nest.map_structure(lambda values: values[step], block)
            if self.shape.is_scheduled:
                self._learning_rate.assign(numbers.learning_rate * batch.rate)
            with tf.GradientTape() as tape:
                loss = self._batch_loss(loss_function, batch, numbers)
                total = tf.reduce_sum(loss)
            variables = [parameter.value for parameter in self._trained]
            self._optimizer.apply(tape.gradient(total, variables), self._trained)
            return step + 1, tf.tensor_scatter_nd_update(losses, [[step]], [loss])

        _, losses = tf.while_loop(
            lambda step, _: step < n_steps,
            one_step,
            (tf.constant(0), tf.zeros(shape, self._network.dtype)),
        )
        return [variable.value.read_value() for variable in self._variables], losses

    def _for_members(self, values):
        """Return values of M networks, repeated for each of their members."""
        if not self._network.has_members:
            return values
        return tf.repeat(values, self._network.n_members, axis=0)

    def _batch_loss(self, loss_function, batch, numbers):
        """Return the loss of each network on its batch, of shape (M,)."""
        parameters = [parameter.value for parameter in self._parameters]
        dropped = [stage for stage in self._network.stages if stage.dropout]
        last = rows_last(self.shape.n_networks)
        kept_units = [
            kept(one, stage.n_units, self._network.dtype, rows_last=last)
            for stage, one in zip(dropped, batch.dropout, strict=True)
        ]
        proba = outputs_in_training(
            self._network, parameters, batch.X, kept_units, numbers.scale
        )
        target, weight, n_rows = map(
            self._for_members, (batch.target, batch.weight, batch.n_rows)
        )
        if is_batch_wide(loss_function):
            loss = loss_function.over_batch(target, proba, weight)
        else:
            values = loss_function.call(target, proba) * weight
            if values.shape.rank == 3:  # one value per output
                values = tf.reduce_mean(values, axis=2)
            loss = tf.reduce_sum(values, axis=1) / n_rows
        if self._network.has_members:
            loss = tf.reshape(loss, (-1, self._network.n_members))
            loss = tf.reduce_mean(loss, axis=1)
        dense = dense_parameters(self._network, parameters)
        for number, (kernel, _) in enumerate(dense):
            if self._network.stages[number].l2:
                squares = tf.square(kernel)
                loss += numbers.l2[number] * tf.reduce_sum(squares, axis=(1, 2))
        return loss


class _Lane(NamedTuple):
    """A traced function with its own variables, for one thread at a time."""

    function: Any
    variables: list[Any]  # TensorFlow deletes a variable that nothing refers to


def _lane(traced: Any) -> _Lane:
    """Return a traced function with new variables; XLA compiles all lanes only once."""
    new = {
        id(variable.handle): tf.Variable(variable.read_value())
        for variable in traced.variables
    }
    function = copy.copy(traced)
    function.set_external_captures(
        [
            new[id(value)].handle if id(value) in new else value
            for value in traced.captured_inputs
        ]
    )
    return _Lane(function, list(new.values()))


def architecture(network: NetworkSpec) -> Hashable:
    """Return only what the compiled code depends on in a network."""
    stages = tuple(
        replace(
            stage,
            kernel_initializer=None,
            l2=bool(stage.l2),
            dropout=bool(stage.dropout),
        )
        for stage in network.stages
    )
    return replace(network, stages=stages)


PROGRAMS = Cache(MOST_PROGRAMS)


def program_for(
    network: NetworkSpec, optimizer: Any, loss: Any, shape: Shape
) -> Program:
    """Return a program, which is compiled in its first run in this process."""
    key = (
        architecture(network),
        settings(optimizer),
        structure(loss),
        shape,
        keras.config.floatx(),
    )
    return PROGRAMS.get(key, lambda: Program(network, optimizer, loss, shape))
