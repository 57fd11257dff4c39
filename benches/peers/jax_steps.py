"""The workloads of benches/README.md in JAX: every step one jitted function, parameters donated."""

from serve import serve, threads

THREADS = threads()

import os

if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
from jax import lax

from stream import classes, copying, normals, weight

tree = jax.tree_util.tree_map


def sgd(momentum=0.0, decay=0.0, lr=1e-3):
    def update(p, m, g):
        m = tree(lambda m, g, p: momentum * m + g + decay * p, m, g, p)
        return tree(lambda p, m: p - lr * m, p, m), m

    return lambda p: tree(jnp.zeros_like, p), update


def adam(lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    def update(p, state, g):
        m, v, t = state
        t = t + 1
        m = tree(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = tree(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        a, c = 1 - b1**t, 1 - b2**t
        return tree(lambda p, m, v: p - lr * (m / a) / (jnp.sqrt(v / c) + eps), p, m, v), (m, v, t)

    return lambda p: (tree(jnp.zeros_like, p), tree(jnp.zeros_like, p), jnp.float32(0)), update


def rmsprop(lr=1e-4, alpha=0.99, eps=1e-8):
    def update(p, v, g):
        v = tree(lambda v, g: alpha * v + (1 - alpha) * g * g, v, g)
        return tree(lambda p, g, v: p - lr * g / (jnp.sqrt(v) + eps), p, g, v), v

    return lambda p: tree(jnp.zeros_like, p), update


def trained(p, optimiser, loss, stats=None):
    """`loss(p, stats, key) -> (loss, stats)`; running statistics and the generator's key ride along."""
    start, update = optimiser
    state = [p, start(p), stats, jax.random.key(0)]

    def step(p, m, stats, key):
        key, used = jax.random.split(key)
        (_, stats), g = jax.value_and_grad(loss, has_aux=True)(p, stats, used)
        p, m = update(p, m, g)
        return p, m, stats, key

    jitted = jax.jit(step, donate_argnums=(0, 1, 2, 3))

    def advance():
        state[:] = jitted(*state)

    last = jax.jit(lambda p, stats, key: loss(p, stats, key)[0])
    return advance, lambda: jax.block_until_ready(state), lambda: last(state[0], state[2], state[3]), 1


def layer(stream, n_in, n_out):
    return {"w": jnp.asarray(weight(stream, n_out, n_in)), "b": jnp.zeros(n_out)}


def apply(layer, x):
    return x @ layer["w"].T + layer["b"]


def cross_entropy(z, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], axis=1).mean()


def norm_start(n):
    return {"g": jnp.ones(n), "d": jnp.zeros(n)}, {"m": jnp.zeros(n), "v": jnp.ones(n)}


def batch_norm(p, running, x, axes=(0,)):
    m, v = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    n = x.size // x.shape[1]
    flat = lambda a: a.reshape(-1)
    running = {"m": 0.9 * running["m"] + 0.1 * flat(m), "v": 0.9 * running["v"] + 0.1 * flat(v) * n / (n - 1)}
    shape = m.shape
    return (x - m) * lax.rsqrt(v + 1e-5) * p["g"].reshape(shape) + p["d"].reshape(shape), running


def penalty(loss):
    """`loss(p, ..) -> (value, aux)` plus 0.01 times the squared norm of its gradient in p."""

    def both(p, *rest):
        (value, aux), g = jax.value_and_grad(loss, has_aux=True)(p, *rest)
        return value + 0.01 * sum((a * a).sum() for a in jax.tree_util.tree_leaves(g)), aux

    return both


def mlp(sizes, p_drop, batch, change=lambda loss: loss):
    hidden = len(sizes) - 2
    norms = [norm_start(n) for n in sizes[1:-1]]
    p = {"l": [layer(10 + i, sizes[i], sizes[i + 1]) for i in range(hidden + 1)], "n": [a for a, _ in norms]}
    x, labels = jnp.asarray(normals(1, (batch, sizes[0]))), jnp.asarray(classes(2, batch, sizes[-1]))

    def loss(p, stats, key):
        h, kept = x, []
        for i in range(hidden):
            h, running = batch_norm(p["n"][i], stats[i], apply(p["l"][i], h))
            h = jax.nn.relu(h)
            kept.append(lax.stop_gradient(running))
            if p_drop:
                key, used = jax.random.split(key)
                h = jnp.where(jax.random.bernoulli(used, 1 - p_drop, h.shape), h / (1 - p_drop), 0)
        return cross_entropy(apply(p["l"][-1], h), labels), kept

    return trained(p, sgd(0.9, 1e-4), change(loss), [s for _, s in norms])


def mlp_digits(dropout):
    return mlp([64, 128, 128, 10], 0.2 * dropout, 64)


def mlp_bn_dropout(dropout):
    return mlp([784, 512, 512, 10], 0.5 * dropout, 128)


def tiny_gaussian(dropout):
    p = [[layer(s, 8, 50), layer(s + 1, 50, 1)] for s in (10, 20)]
    x, y = jnp.asarray(normals(1, (32, 8))), jnp.asarray(normals(3, (32, 1)))
    net = lambda p: apply(p[1], jax.nn.relu(apply(p[0], x)))

    def loss(p, stats, key):
        v = jax.nn.softplus(net(p[1])) + 1e-6
        return (0.5 * (jnp.log(v) + (y - net(p[0])) ** 2 / v)).mean(), stats

    return trained(p, adam(), loss)


def penalised(sizes, batch, data_loss):
    p = [layer(10 + i, sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)]
    x = jnp.asarray(normals(1, (batch, sizes[0])))

    def loss(p, stats, key):
        h = x
        for part in p[:-1]:
            h = jnp.tanh(apply(part, h))
        return data_loss(apply(p[-1], h)), stats

    return trained(p, sgd(), penalty(loss))


def grad_penalty(dropout):
    labels = jnp.asarray(classes(2, 128, 10))
    return penalised([784, 256, 256, 10], 128, lambda z: cross_entropy(z, labels))


def grad_penalty_tiny(dropout):
    y = jnp.asarray(normals(3, (64, 1)))
    return penalised([8, 32, 32, 1], 64, lambda z: ((z - y) ** 2).mean())


def grad_penalty_digits(dropout):
    return mlp([64, 128, 128, 10], 0.2 * dropout, 64, penalty)


def gradient_only(x, loss, dropout, per=1, rate=1e-3, over=1.0):
    """The gradient in x alone; for the loss (dropout off) with the descent step."""
    gradient, last, held = jax.jit(jax.grad(loss)), jax.jit(loss), [x, None]

    def step():
        held[1] = gradient(held[0])
        if not dropout:
            held[0] = held[0] - rate * held[1]

    return step, lambda: jax.block_until_ready(held), lambda: last(held[0]) / over, per


def expm(n, sd, dropout):
    g = jnp.asarray(normals(3, (n, n)))
    product = lambda v: (jax.scipy.linalg.expm(v - v.T) * g).sum()
    return gradient_only(jnp.asarray(normals(10, (n, n), sd)), product, dropout, rate=1e-4, over=n)


def expm_64(dropout):
    return expm(64, 0.1, dropout)


def expm_512(dropout):
    return expm(512, 0.05, dropout)


def orth_rnn(dropout):
    hidden, batch = 190, 128
    p = {
        "v": jnp.asarray(normals(10, (hidden, hidden), 0.05)),
        "u": jnp.asarray(weight(11, hidden, 10)),
        "b": jnp.asarray(normals(30, (hidden,), 0.001)),
        "read": layer(12, hidden, 10),
    }
    symbols, target = (jnp.asarray(a) for a in copying(batch))
    x = jax.nn.one_hot(symbols, 10).transpose(1, 0, 2)
    target = target.T.reshape(-1)

    def loss(p, stats, key):
        w = jax.scipy.linalg.expm(p["v"] - p["v"].T).T

        def cell(h, driven):
            z = h @ w + driven
            h = jax.nn.relu(jnp.abs(z) + p["b"]) * jnp.sign(z)
            return h, h

        _, states = lax.scan(cell, jnp.zeros((batch, hidden)), x @ p["u"].T)
        return cross_entropy(apply(p["read"], states).reshape(-1, 10), target), stats

    return trained(p, rmsprop(1e-4 if dropout else 1e-7), loss)


def cnn(dropout):
    conv = lambda s, i, o: {"w": jnp.asarray(weight(s, o, i, 3, 3)), "b": jnp.zeros(o)}
    norms = [norm_start(32), norm_start(64)]
    p = {"c": [conv(10, 1, 32), conv(11, 32, 64)], "n": [a for a, _ in norms]}
    p["l"] = [layer(12, 3136, 128), layer(13, 128, 10)]
    x, labels = jnp.asarray(normals(1, (64, 1, 28, 28))), jnp.asarray(classes(2, 64, 10))

    def loss(p, stats, key):
        h, kept = x, []
        for part, norm, running in zip(p["c"], p["n"], stats):
            h = lax.conv_general_dilated(h, part["w"], (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
            h, running = batch_norm(norm, running, h + part["b"][:, None, None], (0, 2, 3))
            kept.append(lax.stop_gradient(running))
            h = lax.reduce_window(jax.nn.relu(h), -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        h = jax.nn.relu(apply(p["l"][0], h.reshape(64, -1)))
        return cross_entropy(apply(p["l"][1], h), labels), kept

    return trained(p, sgd(0.9), loss, [s for _, s in norms])


def elementwise(dropout):
    loss = lambda x: (jax.nn.sigmoid(x) * jax.nn.softplus(x) + jnp.exp(-x * x)).sum()
    return gradient_only(jnp.asarray(normals(1, (1 << 20,))), loss, dropout)


def adam_10m(dropout):
    start, update = adam()
    p, g = jnp.asarray(normals(1, (10**7,))), jnp.asarray(normals(2, (10**7,)))
    state = [p, start(p)]
    jitted = jax.jit(update, donate_argnums=(0, 1))

    def step():
        state[:] = jitted(state[0], state[1], g)

    return step, lambda: jax.block_until_ready(state), lambda: (state[0] ** 2).mean(), 1


def filled(make):
    state = [jax.random.key(0), None]

    def fill(key):
        key, used = jax.random.split(key)
        return key, make(used)

    jitted = jax.jit(fill)

    def step():
        state[:] = jitted(state[0])

    return step, lambda: jax.block_until_ready(state), None, 1


def orth_init_512(dropout):
    return filled(lambda key: jax.random.orthogonal(key, 512))


def normal_init_10m(dropout):
    return filled(lambda key: jax.random.normal(key, (10**7,)))


def chain(x):
    for _ in range(100):
        x = jnp.tanh(x)
    return x


def chain_tanh(dropout):
    return gradient_only(jnp.asarray(normals(1, (4, 4))), lambda x: chain(x).sum(), dropout, 100)


serve(
    {
        "mlp_digits": mlp_digits,
        "mlp_bn_dropout": mlp_bn_dropout,
        "tiny_gaussian": tiny_gaussian,
        "grad_penalty": grad_penalty,
        "grad_penalty_tiny": grad_penalty_tiny,
        "grad_penalty_digits": grad_penalty_digits,
        "expm_64": expm_64,
        "expm_512": expm_512,
        "orth_rnn": orth_rnn,
        "cnn": cnn,
        "elementwise": elementwise,
        "adam_10m": adam_10m,
        "orth_init_512": orth_init_512,
        "normal_init_10m": normal_init_10m,
    }
)
