"""The workloads of benches/README.md in PyTorch, eager, with its fastest optimisers."""

from serve import serve, threads

THREADS = threads()

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from stream import classes, copying, normals, weight

torch.set_num_threads(THREADS)


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def linear(stream, n_in, n_out, bias=True):
    layer = nn.Linear(n_in, n_out, bias=bias)
    with torch.no_grad():
        layer.weight.copy_(tensor(weight(stream, n_out, n_in)))
        if bias:
            layer.bias.zero_()
    return layer


def trained(parameters, optimiser, loss):
    """A step and the loss from a function that evaluates the loss."""

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss().backward()
        optimiser.step()

    return step, lambda: None, lambda: loss().item(), 1


def penalty(loss, parameters):
    """`loss()` plus 0.01 times the squared norm of its gradient in the parameters."""

    def both():
        value = loss()
        gradient = torch.autograd.grad(value, parameters, create_graph=True)
        return value + 0.01 * sum((g * g).sum() for g in gradient)

    return both


def mlp(sizes, p, batch, change=lambda loss, parameters: loss):
    parts = []
    for i in range(len(sizes) - 2):
        parts += [linear(10 + i, sizes[i], sizes[i + 1]), nn.BatchNorm1d(sizes[i + 1]), nn.ReLU()]
        parts += [nn.Dropout(p)] if p else []
    net = nn.Sequential(*parts, linear(10 + len(sizes) - 2, sizes[-2], sizes[-1]))
    x, labels = tensor(normals(1, (batch, sizes[0]))), tensor(classes(2, batch, sizes[-1]))
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4, fused=True)
    loss = change(lambda: F.cross_entropy(net(x), labels), list(net.parameters()))
    return trained(net.parameters(), optimiser, loss)


def mlp_digits(dropout):
    return mlp([64, 128, 128, 10], 0.2 * dropout, 64)


def mlp_bn_dropout(dropout):
    return mlp([784, 512, 512, 10], 0.5 * dropout, 128)


def tiny_gaussian(dropout):
    mean, spread = (nn.Sequential(linear(s, 8, 50), nn.ReLU(), linear(s + 1, 50, 1)) for s in (10, 20))
    x, y = tensor(normals(1, (32, 8))), tensor(normals(3, (32, 1)))

    def loss():
        v = F.softplus(spread(x)) + 1e-6
        return (0.5 * (v.log() + (y - mean(x)) ** 2 / v)).mean()

    parameters = [*mean.parameters(), *spread.parameters()]
    return trained(parameters, torch.optim.Adam(parameters, lr=1e-3, fused=True), loss)


def penalised(sizes, batch, data_loss):
    parts = []
    for i in range(len(sizes) - 1):
        parts += [linear(10 + i, sizes[i], sizes[i + 1]), nn.Tanh()]
    net = nn.Sequential(*parts[:-1])
    x, parameters = tensor(normals(1, (batch, sizes[0]))), list(net.parameters())

    loss = penalty(lambda: data_loss(net(x)), parameters)
    return trained(parameters, torch.optim.SGD(parameters, lr=1e-3, fused=True), loss)


def grad_penalty(dropout):
    labels = tensor(classes(2, 128, 10))
    return penalised([784, 256, 256, 10], 128, lambda z: F.cross_entropy(z, labels))


def grad_penalty_tiny(dropout):
    y = tensor(normals(3, (64, 1)))
    return penalised([8, 32, 32, 1], 64, lambda z: F.mse_loss(z, y))


def grad_penalty_digits(dropout):
    return mlp([64, 128, 128, 10], 0.2 * dropout, 64, penalty)


def expm(n, sd):
    v, g = tensor(normals(10, (n, n), sd)).requires_grad_(), tensor(normals(3, (n, n)))
    product = lambda: (torch.matrix_exp(v - v.T) * g).sum()

    def timed():
        return torch.autograd.grad(product(), v)[0]

    def step():
        gradient = timed()
        with torch.no_grad():
            v.sub_(gradient, alpha=1e-4)

    return timed, step, lambda: product() / n


def gradient_only(timed, step, loss, dropout):
    """For timing the gradient alone; for the loss (dropout off) with the descent step."""
    return (timed if dropout else step), lambda: None, lambda: loss().item(), 1


def expm_64(dropout):
    return gradient_only(*expm(64, 0.1), dropout)


def expm_512(dropout):
    return gradient_only(*expm(512, 0.05), dropout)


def recurrent(length, rate):
    hidden, batch = 190, 128
    v = nn.Parameter(tensor(normals(10, (hidden, hidden), 0.05)))
    u = nn.Parameter(tensor(weight(11, hidden, 10)))
    b = nn.Parameter(tensor(normals(30, (hidden,), 0.001)))
    read = linear(12, hidden, 10)
    symbols, target = (tensor(a) for a in copying(batch, length))
    x = F.one_hot(symbols, 10).float().transpose(0, 1).contiguous()
    target = target.T.reshape(-1)

    def loss():
        w = torch.matrix_exp(v - v.T).T
        driven, h, states = x @ u.T, torch.zeros(batch, hidden), []
        for t in range(length):
            z = torch.addmm(driven[t], h, w)
            h = F.relu(z.abs() + b) * z.sign()
            states.append(h)
        return F.cross_entropy(read(torch.stack(states)).reshape(-1, 10), target)

    parameters = [v, u, b, *read.parameters()]
    return trained(parameters, torch.optim.RMSprop(parameters, lr=rate, foreach=True), loss)


def orth_rnn(dropout):
    return recurrent(220, 1e-4 if dropout else 1e-7)


def conv(stream, n_in, n_out):
    layer = nn.Conv2d(n_in, n_out, 3, padding=1)
    with torch.no_grad():
        layer.weight.copy_(tensor(weight(stream, n_out, n_in, 3, 3)))
        layer.bias.zero_()
    return layer


def cnn(dropout):
    block = lambda s, i, o: [conv(s, i, o), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
    head = [nn.Flatten(), linear(12, 3136, 128), nn.ReLU(), linear(13, 128, 10)]
    net = nn.Sequential(*block(10, 1, 32), *block(11, 32, 64), *head)
    x, labels = tensor(normals(1, (64, 1, 28, 28))), tensor(classes(2, 64, 10))
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, fused=True)
    return trained(net.parameters(), optimiser, lambda: F.cross_entropy(net(x), labels))


def elementwise(dropout):
    x = tensor(normals(1, (1 << 20,))).requires_grad_()
    loss = lambda: (torch.sigmoid(x) * F.softplus(x) + torch.exp(-x * x)).sum()
    timed = lambda: torch.autograd.grad(loss(), x)[0]

    def step():
        gradient = timed()
        with torch.no_grad():
            x.sub_(gradient, alpha=1e-3)

    return gradient_only(timed, step, loss, dropout)


def function(f, n, positive):
    """A function of n numbers into a warm buffer."""

    def make(dropout):
        x = tensor(normals(1, (n,)))
        x = x.abs() + 0.01 if positive else x
        y = torch.empty_like(x)
        return lambda: f(x, out=y), lambda: None, lambda: y.double().mean().item(), 1

    return make


def functions():
    """Name -> function, as in workloads/functions.rs."""
    both = {
        "exp": (torch.exp, False),
        "log": (torch.log, True),
        "log1p": (torch.log1p, True),
        "tanh": (torch.tanh, False),
        "sigmoid": (torch.sigmoid, False),
        "softplus": (torch._C._nn.softplus, False),
        "erf": (torch.erf, False),
        "gelu": (torch._C._nn.gelu, False),
        "sin": (torch.sin, False),
        "cos": (torch.cos, False),
    }
    sizes = {"100k": 10**5, "10m": 10**7}
    return {f"{name}_{size}": function(*of, n, p) for name, (*of, p) in both.items() for size, n in sizes.items()}


def product(m, k, n, left, right):
    """A product into a warm buffer; what is transposed is a view."""

    def matrix(stream, rows, columns, turned):
        return tensor(normals(stream, (columns, rows))).t() if turned else tensor(normals(stream, (rows, columns)))

    def make(dropout):
        a, b, y = matrix(10, m, k, left), matrix(11, k, n, right), torch.empty(m, n)
        return lambda: torch.mm(a, b, out=y), lambda: None, lambda: (y.double() ** 2).mean().item() / k, 1

    return make


def products():
    """Name -> product, as in workloads/products.rs."""
    squares = {str(n): (n, n, n) for n in (128, 256, 512, 1024, 2048)}
    others = {"x".join(map(str, s)): s for s in ((128, 784, 512), (128, 190, 190), (128, 512, 10), (32, 8, 50))}
    views = {"nn": (False, False), "nt": (False, True), "tn": (True, False)}
    sizes = {**squares, **others}
    return {f"matmul_{size}_{v}": product(*s, *turned) for size, s in sizes.items() for v, turned in views.items()}


def adam_10m(dropout):
    p = nn.Parameter(tensor(normals(1, (10**7,))))
    p.grad = tensor(normals(2, (10**7,)))
    optimiser = torch.optim.Adam([p], lr=1e-3, fused=True)
    return optimiser.step, lambda: None, lambda: (p.detach().double() ** 2).mean().item(), 1


def orth_init_512(dropout):
    w = torch.empty(512, 512)
    return lambda: nn.init.orthogonal_(w), lambda: None, None, 1


def normal_init_10m(dropout):
    w = torch.empty(10**7)
    return lambda: w.normal_(), lambda: None, None, 1


def chain(backward):
    x = tensor(normals(1, (4, 4))).requires_grad_()

    def forward():
        y = x
        for _ in range(100):
            y = torch.tanh(y)
        return y

    timed = (lambda: torch.autograd.grad(forward().sum(), x)[0]) if backward else forward

    def step():
        gradient = torch.autograd.grad(forward().sum(), x)[0]
        with torch.no_grad():
            x.sub_(gradient, alpha=1e-3)

    return lambda dropout: ((timed if dropout else step), lambda: None, lambda: forward().sum().item(), 100)


def scale(axis, value):
    """One point of the scale plots."""
    size = {"width": 256, "depth": 2, "batch": 128, "length": 220} | {axis: value}
    if axis == "length":
        step, sync, _, _ = recurrent(size["length"], 1e-4)
    else:
        step, sync, _, _ = mlp([64, *[size["width"]] * size["depth"], 10], 0.2, size["batch"])
    return step, sync


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
        "chain_tanh_forward": chain(False),
        "chain_tanh": chain(True),
        **functions(),
        **products(),
    },
    scale,
)
