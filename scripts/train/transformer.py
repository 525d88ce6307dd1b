"""A transformer of the same size: what the family of `model.py` is compared with, and the teacher of `distill.py`.

Decoder-only, as Llama: RMSNorm before each half of a layer, causal attention with rotary positions, SwiGLU, no biases.
Embedding, last norm and head are those of `model.Model`; dropout stands where it stands there, on the embedding and on
what each half adds to the residual, and nowhere in the attention.

Shapes: batch b, tokens t, channels d, heads h of d / h channels, window W. A token sees itself and the W - 1 tokens before
it. So that a segment sees what came before it, its state is the keys and values of the last W - 1 tokens, as the SSM's
state is all that it kept of them; like it, it crosses the seam without gradient.
"""

import dataclasses
import math

import torch
import torch.nn.functional as F
from torch import nn

import model
from model import Linear, Norm

# A segment of training, a block of validation: each is seen whole.
WINDOW = 256
# Base of the rotary angles' wavelengths.
BASE = 10_000.0
# The hidden layer's width is a multiple of this.
LANES = 8


@dataclasses.dataclass(frozen=True)
class Config:
    """The checkpoint's `config`; `arch` tells it from an SSM's."""

    vocab_size: int
    channels: int
    num_layers: int
    heads: int
    hidden: int
    window: int = WINDOW
    norm_eps: float = 1e-5
    arch: str = "transformer"


def like(ssm, window=WINDOW):
    """The transformer with the parameters of the SSM `ssm` (a `model.Config`), up to the rounding of its hidden width.

    One layer (attention and MLP) stands for two blocks, so that layers and pairs of blocks can be compared one by one.
    """
    d, layers = ssm.channels, (ssm.num_blocks + 1) // 2
    with torch.device("meta"):
        count = sum(p.numel() for p in model.Model(ssm).parameters())
    spare = (count - 2 * ssm.vocab_size * d) / layers - 4 * d * d - 2 * d
    hidden = max(1, round(spare / (3 * d) / LANES)) * LANES
    return Config(ssm.vocab_size, d, layers, heads(d), hidden, window)


def heads(channels):
    """Four, of an even number of channels, or as many as there can be."""
    return max(count for count in (1, 2, 3, 4) if channels % (2 * count) == 0)


def rotate(x, first):
    """Rotary positions: x (b, h, t, c) at positions first, first + 1, ...; channel pairs are c and c + c / 2."""
    half = x.shape[-1] // 2
    wave = BASE ** (-torch.arange(half, device=x.device) / half)
    angle = torch.arange(first, first + x.shape[-2], device=x.device)[:, None] * wave
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    left, right = x[..., :half], x[..., half:]
    return torch.cat([left * cos - right * sin, left * sin + right * cos], -1)


def visible(seen, tokens, window):
    """Which keys each query sees: (b, 1, t, keys), the cached ones (b, W - 1) where `seen`, then the tokens' own."""
    cached = seen.shape[1]
    back = torch.arange(cached, cached + tokens, device=seen.device)[:, None] - torch.arange(cached + tokens, device=seen.device)
    band = (back >= 0) & (back < window)
    there = torch.cat([seen, seen.new_ones(len(seen), tokens)], 1)
    return (band & there[:, None, :])[:, None]


class Attention(nn.Module):
    """Causal attention over the last `window` tokens."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.qkv_proj = Linear(config.channels, 3 * config.channels, bias=False)
        self.out_proj = Linear(config.channels, config.channels, 1 / math.sqrt(2 * config.num_layers), bias=False)

    def split(self, n, state):
        """n (b, t, d) and a state to queries, keys and values (b, h, t or keys, c), keys not yet rotated, and what of the keys is seen."""
        q, k, v = self.qkv_proj(n).unflatten(-1, (3, self.config.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = state["seen"]
        if seen.any():
            k, v = (torch.cat([state[name].to(new.dtype), new], 2) for name, new in (("k", k), ("v", v)))
        else:
            seen = seen[:, :0]
        return q, k, v, seen

    def forward(self, n, state):
        """n (b, t, d) and a state to what the residual gains (b, t, d) and the state behind."""
        q, k, v, seen = self.split(n, state)
        y = self.attend(rotate(q, seen.shape[1]), rotate(k, 0), v, seen)
        return self.out_proj(y.transpose(1, 2).flatten(2)), self.after(k, v, seen, n.shape[1])

    def attend(self, q, k, v, seen):
        """Queries, keys and values (b, h, ., c) to (b, h, t, c). In float32: on a CPU that is faster than bf16 as well."""
        tokens, window = q.shape[2], self.config.window
        inside = not seen.shape[1] and tokens <= window
        mask = None if inside else visible(seen, tokens, window)
        with torch.autocast(q.device.type, enabled=False):
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=mask, is_causal=inside)

    def after(self, k, v, seen, tokens):
        """The state behind: the last W - 1 keys and values, padded in front by what is not seen."""
        length = self.config.window - 1
        seen = torch.cat([seen, seen.new_ones(len(seen), tokens)], 1)[:, -length:]
        k, v = (x.detach()[:, :, -length:] for x in (k, v))
        short = length - seen.shape[1]
        return {"k": F.pad(k, (0, 0, short, 0)), "v": F.pad(v, (0, 0, short, 0)), "seen": F.pad(seen, (short, 0))}

    def empty(self, batch):
        """No text yet: nothing is seen."""
        c, w = self.config, self.qkv_proj.weight
        shape = batch, c.heads, c.window - 1, c.channels // c.heads
        seen = torch.zeros(batch, c.window - 1, dtype=torch.bool, device=w.device)
        return {"k": w.new_zeros(shape), "v": w.new_zeros(shape), "seen": seen}

    def matrices(self, n):
        """The mixing matrices (b, h, t, t) over n (b, t, d) from the empty state: row t holds the weights of tokens 0 to t."""
        q, k, _, _ = self.split(n, self.empty(len(n)))
        score = rotate(q, 0) @ rotate(k, 0).mT / math.sqrt(q.shape[-1])
        mask = visible(n.new_zeros(1, 0, dtype=torch.bool), n.shape[1], self.config.window)
        return score.float().masked_fill(~mask, -math.inf).softmax(-1)


class Mlp(nn.Module):
    """SwiGLU."""

    def __init__(self, config):
        super().__init__()
        self.up_proj = Linear(config.channels, config.hidden, bias=False)
        self.gate_proj = Linear(config.channels, config.hidden, bias=False)
        self.down_proj = Linear(config.hidden, config.channels, 1 / math.sqrt(2 * config.num_layers), bias=False)

    def forward(self, n):
        """n (b, t, d) to what the residual gains (b, t, d)."""
        return self.down_proj(F.silu(self.gate_proj(n)) * self.up_proj(n))


class Layer(nn.Module):
    """Attention, then MLP, each behind its norm and added to the residual."""

    def __init__(self, config, dropout):
        super().__init__()
        self.dropout = dropout
        self.attention_norm, self.attention = Norm(config), Attention(config)
        self.mlp_norm, self.mlp = Norm(config), Mlp(config)

    def forward(self, h, state):
        """h (b, t, d) and a state to the next h and state."""
        gain, state = self.attention(self.attention_norm(h), state)
        h = h + F.dropout(gain, self.dropout, self.training)
        return h + F.dropout(self.mlp(self.mlp_norm(h)), self.dropout, self.training), state


class Transformer(nn.Module):
    """Embedding, layers, norm, head, with the interface of `model.Model`."""

    def __init__(self, config, dropout=0.0):
        super().__init__()
        self.config, self.dropout = config, dropout
        self.embedding = nn.Embedding(config.vocab_size, config.channels)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.layers = nn.ModuleList([Layer(config, dropout) for _ in range(config.num_layers)])
        self.head = Linear(config.channels, config.vocab_size, bias=False)

    def empty(self, batch):
        """The state before any text, one entry per layer."""
        return [layer.attention.empty(batch) for layer in self.layers]

    def forward(self, tokens, states):
        """tokens (b, t) and the states before them to logits (b, t, V) and the states behind them."""
        return model.through(self, self.layers, tokens, states)
