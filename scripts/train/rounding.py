"""Weights of a few bits in training: rounded forward as the packer rounds them, straight through backward.

A row w becomes q s. W4: q is -7 to 7 and s = r max|w| / 7, where r was chosen once, as the packer does, for the least
squared error; because r <= 1, the row's largest weight is 7 s, and the packer finds s again. Ternary: s = mean |w| and
q = round(w / s), at most 1 in magnitude (Ma et al. 2024, "The era of 1-bit LLMs"). That is not the least squared error, and
a row that is ternary already would change: the packer takes the least squared error, which finds a ternary row's own s.
"""

import torch
from torch import nn
from torch.nn.utils import parametrize

# Clip ratios that the packer tries.
CLIPS = torch.linspace(0.4, 1.0, 25)
# The matrices of a block that the packer rounds to few bits.
MATRICES = ("in_proj", "out_proj")


class Straight(torch.autograd.Function):
    """The rounded value forward, the gradient of the float backward."""

    @staticmethod
    def forward(_, w, rounded):
        return rounded.clone()

    @staticmethod
    def backward(_, grad):
        return grad, None


def four_bits(w, scale):
    """Rows w (r, c) on the grid of `scale` (r, 1); a row of zeros stays."""
    scale = scale.clamp_min(torch.finfo(w.dtype).tiny)
    return (w / scale).round().clamp(-7, 7) * scale


def most(w):
    """Largest magnitude of each row, (r, 1)."""
    return w.abs().amax(1, keepdim=True)


def clips(w):
    """Of each row the clip ratio with the least squared error, (r, 1)."""
    misses = torch.stack([(four_bits(w, r * most(w) / 7) - w).square().sum(1) for r in CLIPS])
    return CLIPS[misses.argmin(0)][:, None]


def ternary(w):
    """Rows w (r, c) as q s with q in -1, 0, 1; a row of zeros stays."""
    scale = w.abs().mean(1, keepdim=True).clamp_min(torch.finfo(w.dtype).tiny)
    return (w / scale).round().clamp(-1, 1) * scale


class W4(nn.Module):
    """Parametrisation of a matrix."""

    def __init__(self, w):
        super().__init__()
        self.register_buffer("ratio", clips(w))

    def forward(self, w):
        return Straight.apply(w, four_bits(w.detach(), self.ratio * most(w.detach()) / 7))


class Ternary(nn.Module):
    """Parametrisation of a matrix."""

    def forward(self, w):
        return Straight.apply(w, ternary(w.detach()))


def matrices(model):
    """The linear layers that are rounded."""
    return [getattr(block, name) for block in model.backbone for name in MATRICES]


@torch.no_grad()
def fold(model):
    """Moves every norm's gain into the matrix behind it, where the packer moves it: what is rounded here is what it rounds."""
    for block in model.backbone:
        gain = block.pre_norm.weight
        block.in_proj.weight.mul_(gain)
        gain.fill_(1.0)
        gain.requires_grad_(False)


def prepare(model, weights):
    """From here on the model computes with rounded matrices."""
    fold(model)
    for layer in matrices(model):
        rounded = W4(layer.weight.detach()) if weights == "w4" else Ternary()
        parametrize.register_parametrization(layer, "weight", rounded)


def settle(model):
    """The rounded matrices become the model's own; a model without any stays as it is."""
    for layer in filter(parametrize.is_parametrized, list(model.modules())):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
