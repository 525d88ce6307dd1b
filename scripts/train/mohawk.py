"""The three stages of MOHAWK (Bick et al. 2024, arXiv:2408.10189), from a transformer to a model of the family.

Student and teacher have the same channels, and two of the student's blocks stand for one layer of the teacher: block 2l for
the attention of layer l, block 2l + 1 for its MLP. One gated block alone has about half a layer's weights.

1. Mixing matrices. A block's is the T x T lower triangular Toeplitz matrix of its kernel per channel (`mixing`): SSM with
   D behind the four taps, the SiLU between them left out, because only what is linear has a matrix. An attention has a
   matrix per head and text; a block has one per channel for all texts, of either sign. So the mean over a head's share of
   the channels (i / heads, in their order) is compared with the head's matrices: a channel alone, a damped wave, could at
   best become the one wave next to them, and all channels of a share the same one, where their sum can follow the
   profile. Loss: squared Frobenius distance over the squared norm of the teacher's matrices, mean over heads and layers.
   The best that Toeplitz matrices can reach (`floor`) is far above zero: what a head looks at depends on the text.
2. Hidden states. Each pair of blocks takes the input of its layer of the teacher, and is to give its output. Loss: squared
   error over the squared size of what the layer adds, mean over layers; giving the input back costs 1.
3. Weights and logits. Embedding and head are the teacher's from the start; now the whole student is trained, with carried
   states, on the cross-entropy with the teacher's probabilities.
"""

import dataclasses

import torch
import torch.nn.functional as F

import data
import export
import imitation
import trainer
from errors import UserError
from model import TAPS, scan_parallel
from transformer import Transformer

# Where the stages begin and end, as parts of the run; each warms up for a tenth of itself, and falls by half a cosine.
EDGES = (0.0, 0.1, 0.35, 1.0)
WARM_UP = 0.1
# The first stage moves a few numbers far; at the rate of the others it ends halfway.
FASTER = (15.0, 1.0, 1.0)
STAGES = ("mixing matrices", "hidden states", "logits")


def kernel(block, tokens):
    """What a block's SSM and D answer, per channel, to a single one: (i, T)."""
    ssm = block.ssm_layer
    log_a, k = ssm.discrete()
    lags = torch.arange(tokens, dtype=k.dtype, device=k.device)
    read = (torch.view_as_complex(ssm.E) * k)[..., None] * torch.exp(log_a[..., None] * lags)
    at_once = F.pad(block.D[:, None], (0, tokens - 1))
    return read.real.sum(1) + at_once


def taps(block, tokens):
    """The same of the four taps, newest first: (i, T)."""
    newest_first = block.pre_conv.weight.flip(0).T[:, :tokens]
    return F.pad(newest_first, (0, tokens - newest_first.shape[1]))


def composed(block, tokens):
    """The kernel of the taps and then the SSM with D, (i, T)."""
    after, first = kernel(block, tokens), taps(block, tokens)
    delayed = [F.pad(after, (lag, 0))[:, :tokens] * first[:, lag : lag + 1] for lag in range(min(TAPS, tokens))]
    return sum(delayed)


def toeplitz(answer):
    """Kernels (..., T) as matrices (..., T, T): entry (t, s) is the weight of token s in what comes out at t."""
    tokens = torch.arange(answer.shape[-1], device=answer.device)
    lag = tokens[:, None] - tokens
    return answer[..., lag.clamp(min=0)].tril()


def mixing(block, tokens):
    """A block's mixing matrices, one per channel: (i, T, T)."""
    return toeplitz(composed(block, tokens))


def shares(block, heads, tokens):
    """Their mean over each head's share of the channels: (h, T, T)."""
    return toeplitz(composed(block, tokens).unflatten(0, (heads, -1)).mean(1))


def relative(error, size):
    """Squared norms of two tensors, the first over the second."""
    return error.square().sum() / size.square().sum()


@torch.no_grad()
def floor(teacher, tokens):
    """The least that stage 1 can reach over tokens (b, t): any Toeplitz matrix per head, the means of the diagonals."""
    by_head = []
    for target in teacher.matrices(tokens):
        mean, lags = target.mean(0), range(target.shape[-1])
        best = toeplitz(torch.stack([mean.diagonal(-lag, 1, 2).mean(-1) for lag in lags], -1))
        by_head += [relative(target[:, h] - best[h], target[:, h]) for h in range(len(best))]
    return torch.stack(by_head).mean().item()


class Teacher:
    """What the stages ask of the transformer; nothing of it is trained."""

    def __init__(self, model):
        self.model = model

    @torch.no_grad()
    def hidden(self, tokens):
        """The residual before every layer and behind the last, from the empty state: (layers + 1) times (b, t, d)."""
        hidden = [self.model.embedding(tokens)]
        for layer, state in zip(self.model.layers, self.model.empty(len(tokens))):
            hidden.append(layer(hidden[-1], state)[0])
        return hidden

    @torch.no_grad()
    def matrices(self, tokens):
        """The mixing matrices of every layer, (b, h, t, t) each."""
        inputs = zip(self.model.layers, self.hidden(tokens))
        return [layer.attention.matrices(layer.attention_norm(h)) for layer, h in inputs]


def orientation(student, teacher, tokens):
    """Stage 1: distance of mixing matrices over tokens (b, t), 0 at best."""
    by_layer = []
    for layer, target in enumerate(teacher.matrices(tokens)):
        made = shares(student.backbone[2 * layer], target.shape[1], target.shape[-1])
        by_head = [relative(target[:, h] - made[h], target[:, h]) for h in range(target.shape[1])]
        by_layer += by_head
    return torch.stack(by_layer).mean()


def alignment(student, teacher, tokens):
    """Stage 2: distance of what pairs of blocks and layers make of the same input (b, t, d), 0 at best."""
    hidden, by_layer = teacher.hidden(tokens), []
    for layer, (before, behind) in enumerate(zip(hidden, hidden[1:])):
        h = before
        for block in student.backbone[2 * layer : 2 * layer + 2]:
            h, _ = block(h, block.empty(len(tokens)), scan_parallel)
        by_layer.append(relative(h - behind, behind - before))
    return torch.stack(by_layer).mean()


class Distillation(imitation.Imitation):
    """A run whose objective is that of its stage."""

    def __init__(self, teacher, choice, text, model=None):
        super().__init__(teacher, choice, text, model)
        self.teacher = Teacher(self.guide)
        # the copies are trained at the last stage; before it no objective touches them
        self.model.embedding.load_state_dict(teacher.embedding.state_dict())
        self.model.head.load_state_dict(teacher.head.state_dict())

    def stage(self):
        """0, 1 or 2."""
        return sum(self.part() >= edge for edge in EDGES[1:-1])

    def rate(self):
        """Learning rate of the next step."""
        stage = self.stage()
        within = (self.part() - EDGES[stage]) / (EDGES[stage + 1] - EDGES[stage])
        return self.choice.rate * FASTER[stage] * min(1.0, 0.1 + within / WARM_UP) * trainer.falling(within)

    def floor(self):
        """The least that stage 1 can reach, on validation blocks."""
        blocks = data.windows(self.text.valid, data.BLOCK)[: self.choice.batch, :-1]
        return floor(self.teacher, blocks.to(self.choice.device))

    def where(self):
        """How far, in words."""
        return f"stage {self.stage() + 1} ({STAGES[self.stage()]}), step {self.done}"

    def kind(self):
        """For the provenance."""
        return "distill.py", f"distilled from that by MOHAWK's stages into {super().kind()[1]}"

    def objective(self, segments, jumps):
        """What the step lowers over segments (b, t + 1)."""
        return (self.orient, self.align, self.predict)[self.stage()](segments[:, :-1], jumps)

    def orient(self, tokens, _):
        return orientation(self.model, self.teacher, tokens)

    def align(self, tokens, _):
        return alignment(self.model, self.teacher, tokens)

    def predict(self, tokens, jumps):
        return self.imitate(tokens, jumps)[1]


def settings(choice, path):
    """Settings of a distillation: the student's, and which teacher."""
    try:
        return dataclasses.replace(choice, start=trainer.fingerprint(path))
    except OSError as error:
        raise UserError(f"--teacher {path}: {error.strerror}; give a checkpoint of train.py --arch transformer") from error


def read_teacher(path, choice):
    """The teacher, checked against the student's settings, and what `trainer.train` starts from."""
    teacher, vocab, provenance = export.read(path)
    if not isinstance(teacher, Transformer):
        kind = f"{teacher.config.block} blocks with {teacher.config.ssm}"
        raise UserError(f"--teacher {path}: {kind}, a teacher is a transformer; train one with train.py --arch transformer")
    channels, layers = teacher.config.channels, teacher.config.num_layers
    if (choice.channels, choice.num_blocks) != (channels, 2 * layers):
        raise UserError(
            f"--teacher {path}: {channels} channels and {layers} layers ask for {2 * layers} blocks of as many channels, two per "
            f"layer; {choice.name} has {choice.num_blocks} of {choice.channels}; give the transformer of the same size, s or m"
        )
    return teacher, trainer.Start(None, vocab, provenance)
