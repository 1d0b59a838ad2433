"""The training loop in NumPy: what every engine must compute, in lines one can check.

A binary network with relu units, Adam, weighted cross-entropy and an L2 penalty,
after Kingma & Ba (2015, algorithm 1) and Keras' conventions: a batch's loss is the sum
of weight times loss by its number of rows, whatever the weights.
"""

import numpy as np


def train(parameters, batches, learning_rate, l2, beta_1=0.9, beta_2=0.999, eps=1e-7):
    """Return the parameters (kernel, bias, kernel, ...) after all batches."""
    parameters = [values.astype(float) for values in parameters]
    means = [np.zeros_like(values) for values in parameters]
    squares = [np.zeros_like(values) for values in parameters]
    # Keras takes powers of the betas as float32 knows them, in a float64 network too.
    rough_1, rough_2 = float(np.float32(beta_1)), float(np.float32(beta_2))
    for step, (X, target, weight) in enumerate(batches, start=1):
        gradients = gradients_of(parameters, X, target, weight, l2)
        rate = learning_rate * np.sqrt(1 - rough_2**step) / (1 - rough_1**step)
        for values, gradient, mean, square in zip(
            parameters, gradients, means, squares, strict=True
        ):
            mean += (1 - beta_1) * (gradient - mean)
            square += (1 - beta_2) * (gradient**2 - square)
            values -= rate * mean / (np.sqrt(square) + eps)
    return parameters


def gradients_of(parameters, X, target, weight, l2):
    """Return the gradient of the loss of one batch, by the chain rule."""
    kernels, biases = parameters[::2], parameters[1::2]
    inputs = [X]
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        inputs.append(np.maximum(inputs[-1] @ kernel + bias, 0))
    logits = inputs[-1] @ kernels[-1] + biases[-1]
    proba = 1 / (1 + np.exp(-logits))
    # The derivative of cross-entropy by the logit is proba - target.
    above = (proba - target) * weight[:, np.newaxis] / len(X)
    gradients = []
    for kernel, values in zip(kernels[::-1], inputs[::-1], strict=True):
        gradients = [values.T @ above + 2 * l2 * kernel, above.sum(axis=0), *gradients]
        above = above @ kernel.T * (values > 0)
    return gradients
