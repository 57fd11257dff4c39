"""The numbers of stream.rs in numpy: number i of stream s."""

import numpy as np


def bits(s, i):
    with np.errstate(over="ignore"):
        z = (np.uint64(s << 32) + i.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(s, i):
    return ((bits(s, i) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normals(s, shape, scale=1.0):
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    two = np.uint64(2)
    z = np.sqrt(-2.0 * np.log(uniform(s, two * i))) * np.cos(2.0 * np.pi * uniform(s, two * i + np.uint64(1)))
    return (z * scale).astype(np.float32).reshape(shape)


def classes(s, n, k):
    return (uniform(s, np.arange(n, dtype=np.uint64)) * k).astype(np.int64)


def weight(s, *shape):
    """A weight [n_out, fan_in…], normal / sqrt(fan_in)."""
    return normals(s, shape, 1.0 / np.sqrt(np.prod(shape[1:])))


def copying(batch=128, length=220):
    """Input and target symbols [batch, length] of the copying task."""
    symbols = 1 + classes(2, batch * 10, 8).reshape(batch, 10)
    blanks = lambda n: np.zeros((batch, n), dtype=np.int64)
    marker = np.full((batch, 1), 9, dtype=np.int64)
    return (
        np.concatenate([symbols, blanks(length - 21), marker, blanks(10)], axis=1),
        np.concatenate([blanks(length - 10), symbols], axis=1),
    )
