"""The project's family of models in PyTorch, twice: parallel for training, one token at a time as its check.

Shapes: batch b, tokens t, vocabulary V, channels d, i channels inside a block (`d_inner`, or d in plain blocks),
N complex states per channel (`dws`) or P in all (`s5`). Activations lie as (b, t, channels).

What is trained is not quite what is stored. Stored, a state is driven by dt u; trained, by k u with
k = sqrt(1 - |a|^2), which gives a state the variance of its input whatever its pole, so that one learning rate suits
all of them. The factor between the two goes into E (`dws`) or B (`s5`); `export.py` applies it.
"""

import dataclasses
import functools
import math

import torch
import torch.nn.functional as F
from torch import nn

import fused

TAPS = 4
# Keeps k and its gradient finite when a pole comes close to the unit circle.
POLE_EPS = 1e-6


@dataclasses.dataclass(frozen=True)
class Config:
    """The checkpoint's `config`, field by field as the packer reads it."""

    block: str
    ssm: str
    vocab_size: int
    channels: int
    d_inner: int
    num_blocks: int
    num_states: int
    conv_taps: int
    activation: str = "silu"
    norm_eps: float = 1e-5
    norm: bool = True
    residual: bool = True

    @property
    def inner(self):
        """Channels of the SSM's input."""
        return self.d_inner if self.block == "gated" else self.channels


def powers(log_a, count):
    """a^0 ... a^(count-1) on a new last axis, from complex log a."""
    return torch.exp(log_a[..., None] * torch.arange(count, dtype=log_a.real.dtype, device=log_a.device))


class Convolve(torch.autograd.Function):
    """Causal convolution by the fast Fourier transform, twice the length so that nothing wraps around.

    Its own backward, because autograd's takes full complex transforms where real ones do.
    """

    @staticmethod
    def forward(ctx, v, kernel):
        """v (b, c, t) and kernel (c, t) to (b, c, t)."""
        t = v.shape[-1]
        spectrum, response = torch.fft.rfft(v, n=2 * t), torch.fft.rfft(kernel, n=2 * t)
        ctx.save_for_backward(spectrum, response)
        return torch.fft.irfft(spectrum * response, n=2 * t)[..., :t]

    @staticmethod
    def backward(ctx, grad):
        """Correlations of the gradient with either factor."""
        t = grad.shape[-1]
        spectrum, response = ctx.saved_tensors
        grad = torch.fft.rfft(grad, n=2 * t)
        by_v = torch.fft.irfft(grad * response.conj(), n=2 * t)[..., :t]
        by_kernel = torch.fft.irfft((grad * spectrum.conj()).sum(0), n=2 * t)[..., :t]
        return by_v, by_kernel


convolve = Convolve.apply


class Poles(nn.Module):
    """A and log_dt of `shape` complex states: a = exp(dt (-softplus(A0) + i A1))."""

    def __init__(self, shape, frequency):
        """`frequency` (of `shape`) counts half-turns per 1 / dt."""
        super().__init__()
        count = math.prod(shape)
        # Time constants from a few to a thousand tokens, dealt to the states at random.
        log_dt = torch.linspace(math.log(2e-3), math.log(0.4), count)[torch.randperm(count)]
        decay = torch.full(shape, math.log(math.expm1(0.5)))
        self.A = nn.Parameter(torch.stack([decay, math.pi * frequency], -1))
        self.log_dt = nn.Parameter(log_dt.reshape(shape))

    def discrete(self):
        """Complex log a and the drive's factor k, both of the states' shape."""
        dt = self.log_dt.exp()
        decay = F.softplus(self.A[..., 0]) * dt
        k = torch.sqrt(-torch.expm1(-2 * decay) + POLE_EPS)
        return torch.complex(-decay, self.A[..., 1] * dt), k


class Dws(Poles):
    """N complex states per channel: s' = a s + k v, y = Re(sum E s')."""

    def __init__(self, config):
        inner, n = config.inner, config.num_states
        # One state per channel: neighbours take different frequencies. Several: each channel has a set of them.
        own = torch.arange(inner)[:, None] % 16 if n == 1 else torch.arange(n).expand(inner, n)
        super().__init__((inner, n), own.float())
        self.E = nn.Parameter(torch.randn(inner, n, 2) / math.sqrt(n))

    def empty(self, batch):
        """States (b, i, N) before any text."""
        return torch.zeros(batch, *self.log_dt.shape, dtype=self.E.dtype.to_complex(), device=self.E.device)

    def parallel(self, v, state):
        """v (b, t, i) and the state before it to the read-out (b, t, i) and the state behind it."""
        v = v.mT
        t = v.shape[-1]
        log_a, k = self.discrete()
        a = powers(log_a, t + 1)
        read = torch.view_as_complex(self.E)
        kernel = ((read * k)[..., None] * a[..., :t]).real.sum(1)
        y = convolve(v, kernel)
        if state is not None:
            # What the state alone still says: Re(sum E a^(t+1) s0).
            left = read * state
            y = y + self.respond(left.real, a[..., 1:].real) - self.respond(left.imag, a[..., 1:].imag)
        return y.mT, self.after(v, state, k, a)

    @staticmethod
    def respond(left, a):
        """Sum over N of (b, i, N) times (i, N, t), to (b, i, t)."""
        return torch.einsum("bin,int->bit", left, a)

    @torch.no_grad()
    def after(self, v, state, k, a):
        """The state behind v (b, i, t): a^t s0 + sum a^(t-1-l) k v_l. No gradient: segments are cut there."""
        back = a[..., :-1].flip(-1)
        parts = [torch.einsum("bit,int->bin", v, part) for part in (back.real, back.imag)]
        driven = k * torch.complex(*parts)
        return driven if state is None else driven + a[..., -1] * state

    def step(self, v, state):
        """One token: v (b, i), state (b, i, N)."""
        log_a, k = self.discrete()
        state = torch.exp(log_a) * state + k * v[..., None]
        return (torch.view_as_complex(self.E) * state).real.sum(-1), state


class S5(Poles):
    """P complex states, all driven by all channels: s' = a s + k B v, y = Re(C s')."""

    def __init__(self, config):
        inner, p = config.inner, config.num_states
        super().__init__((p,), torch.arange(p).float() % 16)
        self.B = nn.Parameter(torch.randn(p, inner) / math.sqrt(inner))
        self.C = nn.Parameter(torch.randn(inner, p, 2) / math.sqrt(p))

    def empty(self, batch):
        """States (b, P) before any text."""
        return torch.zeros(batch, *self.log_dt.shape, dtype=self.C.dtype.to_complex(), device=self.C.device)

    def parallel(self, v, state):
        """v (b, t, i) and the state before it to the read-out (b, t, i) and the state behind it."""
        t = v.shape[1]
        log_a, k = self.discrete()
        a = powers(log_a, t + 1)
        kernel = k[..., None] * a[..., :t]
        drive = (v @ self.B.T).mT
        re, im = convolve(drive, kernel.real), convolve(drive, kernel.imag)
        if state is not None:
            left = state[..., None] * a[..., 1:]
            re, im = re + left.real, im + left.imag
        y = self.C[..., 0] @ re - self.C[..., 1] @ im
        return y.mT, torch.complex(re[..., -1], im[..., -1]).detach()

    def step(self, v, state):
        """One token: v (b, i), state (b, P)."""
        log_a, k = self.discrete()
        state = torch.exp(log_a) * state + k * (v @ self.B.T)
        return (state @ torch.view_as_complex(self.C).T).real, state


SSM = {"dws": Dws, "s5": S5}
ACTIVATION = {"silu": F.silu, "relu": F.relu}


def normalise(h, eps):
    """RMSNorm over the channels of h (b, t, d), without gain."""
    return h * torch.rsqrt(h.square().mean(-1, keepdim=True) + eps)


class Norm(nn.Module):
    """RMSNorm with a gain."""

    def __init__(self, config):
        super().__init__()
        self.eps = config.norm_eps
        self.weight = nn.Parameter(torch.ones(config.channels))

    def forward(self, h):
        """h (b, t, d)."""
        return normalise(h, self.eps) * self.weight


class Linear(nn.Module):
    """A matrix over the channels."""

    def __init__(self, inputs, outputs, scale=1.0, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * scale / math.sqrt(inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, v):
        """v (b, t, inputs) to (b, t, outputs)."""
        return F.linear(v, self.weight, self.bias)


class Conv(nn.Module):
    """Four taps per channel; row 3 weighs the newest sample."""

    def __init__(self, config):
        super().__init__()
        weight = 0.15 * torch.randn(TAPS, config.inner)
        weight[-1] += 0.7
        self.weight = nn.Parameter(weight)

    def forward(self, x, history):
        """x (b, t, i) behind its history (b, 3, i), oldest first; also returns the history behind x."""
        t = x.shape[1]
        x = torch.cat([history, x], 1)
        y = sum(self.weight[tap] * x[:, tap : tap + t] for tap in range(TAPS))
        return y, x[:, t:]


class Block(nn.Module):
    """One layer: `gated` (in_proj, conv, SSM, gate, out_proj, residual) or `plain` (F of the read-out)."""

    def __init__(self, config, dropout):
        super().__init__()
        self.config, self.dropout = config, dropout
        self.activate = ACTIVATION[config.activation]
        if config.block == "gated" or config.norm:
            self.pre_norm = Norm(config)
        if config.block == "gated":
            self.in_proj = Linear(config.channels, 2 * config.inner)
            # The residual adds 2 x num_blocks contributions in all; so scaled, its size does not grow with depth.
            self.out_proj = Linear(config.inner, config.channels, 1 / math.sqrt(2 * config.num_blocks))
        if config.conv_taps:
            self.pre_conv = Conv(config)
        self.ssm_layer = SSM[config.ssm](config)
        self.D = nn.Parameter(torch.ones(config.inner))

    def empty(self, batch):
        """State before any text: the SSM's, and the conv's last three samples (b, 3, i)."""
        history = torch.zeros(batch, TAPS - 1, self.config.inner, dtype=self.D.dtype, device=self.D.device)
        return {"ssm": self.ssm_layer.empty(batch), "conv": history}

    def forward(self, h, state, scan):
        """h (b, t, d) and a state to the next h and state; `scan` runs the SSM."""
        n = self.pre_norm(h) if hasattr(self, "pre_norm") else h
        run = self.gated if self.config.block == "gated" else self.plain
        return run(h, n, state, scan)

    def gated(self, h, n, state, scan):
        x = self.in_proj(n)
        middle = fused.middle if scan is scan_parallel and fused.serves(self.config, x) else functools.partial(middle_plain, scan)
        z, state = middle(self, x, state)
        return h + F.dropout(self.out_proj(z), self.dropout, self.training), state

    def plain(self, h, n, state, scan):
        y, ssm = scan(self.ssm_layer, n, state["ssm"])
        v = F.dropout(self.activate(y + self.D * n), self.dropout, self.training)
        return (h + v if self.config.residual else v), {"ssm": ssm, "conv": state["conv"]}


def middle_plain(scan, block, x, state):
    """What stands between a gated block's matrices: x and gate (b, t, 2i) to z (b, t, i), and the state behind it."""
    x, gate = x.chunk(2, -1)
    history = state["conv"]
    if block.config.conv_taps:
        x, history = block.pre_conv(x, history)
    v = block.activate(x)
    y, ssm = scan(block.ssm_layer, v, state["ssm"])
    return (y + block.D * v) * block.activate(gate), {"ssm": ssm, "conv": history}


def scan_parallel(ssm, v, state):
    """All tokens at once."""
    return ssm.parallel(v, state)


def scan_one(ssm, v, state):
    """A single token, by the recurrence."""
    y, state = ssm.step(v[:, 0], state)
    return y[:, None], state


def through(model, layers, tokens, states):
    """Embedding, layers (h and a state to the next h and state), last norm and head of `model`: tokens (b, t) and the states before them
    to logits (b, t, V) and the states behind them."""
    h = F.dropout(model.embedding(tokens), model.dropout, model.training)
    behind = []
    for layer, state in zip(layers, states):
        h, state = layer(h, state)
        behind.append(state)
    return model.head(normalise(h, model.config.norm_eps)), behind


class Model(nn.Module):
    """Embedding, blocks, norm, head. Its parameters have the checkpoint's names."""

    def __init__(self, config, dropout=0.0):
        super().__init__()
        self.config, self.dropout = config, dropout
        self.embedding = nn.Embedding(config.vocab_size, config.channels)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.backbone = nn.ModuleList([Block(config, dropout) for _ in range(config.num_blocks)])
        # The last norm has no gain of its own: the head's columns would only repeat it.
        self.head = Linear(config.channels, config.vocab_size, bias=False)

    def set_dropout(self, dropout):
        """From here on, in training."""
        for part in (self, *self.backbone):
            part.dropout = dropout

    def empty(self, batch):
        """The state before any text, one entry per block."""
        return [block.empty(batch) for block in self.backbone]

    def forward(self, tokens, states):
        """tokens (b, t) and the states before them to logits (b, t, V) and the states behind them."""
        return self.run(tokens, states, scan_parallel)

    def recurrent(self, tokens, states):
        """The same, one token after another: what the machine computes."""
        logits = []
        for token in tokens.split(1, 1):
            one, states = self.run(token, states, scan_one)
            logits.append(one)
        return torch.cat(logits, 1), states

    def run(self, tokens, states, scan):
        """Either form."""
        return through(self, [functools.partial(block, scan=scan) for block in self.backbone], tokens, states)
