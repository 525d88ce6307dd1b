"""Texts: reading, vocabulary, the streams that training reads, the windows that validation reads."""

import dataclasses
import hashlib
import math
import pathlib

import torch
import torch.nn.functional as F

from errors import UserError

# Validation is what follows this fraction of the text.
TRAIN_PART = 0.9
# Characters of a validation block from the empty state (nanoGPT's protocol) and of a stream (what a machine sees).
BLOCK, STREAM = 256, 2048
# A text of more different characters is read as bytes.
MOST_CHARACTERS = 256
# Bytes as tokens: ASCII characters, and the names that `statestream` reads as bytes (image/src/vocab.rs).
BYTES = [chr(i) if i < 128 else f"<0x{i:02X}>" for i in range(256)]
# A stream starts again elsewhere, from the empty state, once in so many segments: both kinds of start are learnt.
RESTART = 16


@dataclasses.dataclass(frozen=True)
class Text:
    """A text as tokens: `train` and `valid` (1-d), its vocabulary and its fingerprint."""

    train: torch.Tensor
    valid: torch.Tensor
    vocab: list
    sha256: str


def read_text(path, segment, vocab=None, kind="auto"):
    """Reads, checks and splits a text; the training part must hold a segment, the rest a validation block. Its tokens are
    those of a vocabulary that is there, or of this kind."""
    try:
        raw = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"--text {path}: {error.strerror}; give the path of a readable text file") from error
    vocab = vocab or choose(path, raw, kind)
    tokens = encode(path, raw, vocab)
    least = math.ceil((BLOCK + 1) / (1 - TRAIN_PART)) + 1
    least = max(least, math.ceil((segment + 1) / TRAIN_PART) + 1)
    if len(tokens) < least:
        raise UserError(
            f"--text {path}: {len(tokens):,} {unit(vocab)}, at least {least:,} are needed so that the last tenth holds a "
            f"validation block of {BLOCK}; give a longer text"
        )
    cut = int(TRAIN_PART * len(tokens))
    return Text(tokens[:cut], tokens[cut:], vocab, hashlib.sha256(raw).hexdigest())


def unit(vocab):
    """What a token of it is."""
    return "bytes" if vocab == BYTES else "characters"


def choose(path, raw, kind):
    """The vocabulary of a text: its characters, sorted, where they are few, else bytes."""
    if kind == "bytes":
        return BYTES
    try:
        characters = sorted(set(decoded(path, raw)))
    except UserError:
        if kind == "characters":
            raise
        return BYTES
    if len(characters) <= MOST_CHARACTERS:
        return characters
    if kind == "characters":
        raise UserError(f"--text {path}: {len(characters):,} different characters, at most {MOST_CHARACTERS} can be tokens; leave --vocab out, and bytes are")
    return BYTES


def decoded(path, raw):
    """Characters of a text."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"--text {path}: byte {error.start} is {raw[error.start]:#04x}, which is no UTF-8, and characters are tokens here; "
            f"convert it, for instance with `iconv -f latin1 -t utf-8 {path}`, or train with --vocab bytes"
        ) from error


def encode(path, raw, vocab):
    """Tokens of a text, 1-d."""
    if vocab == BYTES:
        return torch.tensor(list(raw), dtype=torch.long)
    text = decoded(path, raw)
    strange = sorted(set(text) - set(vocab))
    if strange:
        raise UserError(f"--text {path}: {strange[0]!r} is not among the checkpoint's {len(vocab)} tokens; give the text that it was trained on")
    ids = {character: index for index, character in enumerate(vocab)}
    return torch.tensor([ids[character] for character in text])


class Streams:
    """`batch` readers that walk through the text segment by segment, and now and then jump."""

    def __init__(self, tokens, batch, segment, seed):
        self.tokens, self.batch, self.segment = tokens, batch, segment
        self.generator = torch.Generator().manual_seed(seed)
        self.at = self.anywhere()

    def anywhere(self):
        """A random place for each reader, (b)."""
        return torch.randint(0, len(self.tokens) - self.segment, (self.batch,), generator=self.generator)

    def next(self):
        """Segments (b, t + 1), one token shared with the next one, and which readers have jumped before (b, bool)."""
        jumps = torch.rand(self.batch, generator=self.generator) < 1 / RESTART
        jumps |= self.at + self.segment + 1 > len(self.tokens)
        self.at = torch.where(jumps, self.anywhere(), self.at)
        window = torch.arange(self.segment + 1)
        segments = self.tokens[self.at[:, None] + window]
        self.at = self.at + self.segment
        return segments, jumps

    def saved(self):
        """What `restore` takes."""
        return {"at": self.at, "generator": self.generator.get_state()}

    def restore(self, saved):
        """Goes on where `saved` was taken."""
        self.at = saved["at"]
        self.generator.set_state(saved["generator"])


def windows(tokens, length):
    """(n, length + 1): every token but the first is predicted, the rest behind the last whole window is left out.

    These are the streams of `statestream eval --stream LENGTH`; a shorter text is one window, as there.
    """
    length = min(length, len(tokens) - 1)
    return tokens.unfold(0, length + 1, length)


@torch.no_grad()
def nats(model, rows, batch=16):
    """Mean nats per prediction over `rows` (n, length + 1), each from the empty state."""
    training = model.training
    model.eval()
    total, device = 0.0, next(model.parameters()).device
    for part in rows.split(max(1, batch * BLOCK // rows.shape[1])):
        part = part.to(device)
        logits, _ = model(part[:, :-1], model.empty(len(part)))
        total += F.cross_entropy(logits.mT, part[:, 1:], reduction="sum").item()
    model.train(training)
    return total / (rows.numel() - len(rows))
