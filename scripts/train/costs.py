"""What a model costs per token and what it keeps between tokens, counted from its tensors.

A MAC is one product and one sum. Counted are matrices (embedding rows are only looked up) and, apart from them, what mixes
tokens; norms, activations, gates and rotary positions are left out of both kinds. State words have 16 bits.
"""

import dataclasses

from model import TAPS
from transformer import Transformer

WORD_BYTES = 2


@dataclasses.dataclass(frozen=True)
class Costs:
    """Of one model: parameters; MACs per token of matrices and of mixing; bytes of state of one text."""

    parameters: int
    weight_macs: int
    mixing_macs: int
    state_bytes: int


def of(model, context):
    """Costs at a context of so many tokens, the window being as long: an SSM's do not depend on it."""
    mixing, words = attention(model.config, context) if isinstance(model, Transformer) else recurrence(model.config)
    return Costs(sum(p.numel() for p in model.parameters()), weights(model), mixing, words * WORD_BYTES)


def weights(model):
    """Elements of all matrices but the embedding."""
    ends = ("proj.weight", "head.weight", "ssm_layer.B", "ssm_layer.C")
    return sum(p.numel() for name, p in model.named_parameters() if name.endswith(ends))


def attention(config, keys):
    """MACs and words of state: q k and the sum of v over all keys; k and v of all keys."""
    each = config.num_layers * 2 * config.channels * keys
    return each, each


def recurrence(config):
    """MACs and words of state: taps, states, D; three samples of history and complex states."""
    inner, taps = config.inner, config.conv_taps
    history = TAPS - 1 if taps else 0
    # a s: 4 products, the drive: 1, Re(E s): 2; C of s5 is a matrix
    states, each = (inner * config.num_states, 7) if config.ssm == "dws" else (config.num_states, 5)
    macs = inner * (taps + 1) + states * each
    return config.num_blocks * macs, config.num_blocks * (inner * history + 2 * states)
