"""The tasks of `synthetic.py`: sequences, training, accuracy by length."""

import dataclasses
import math
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

import trainer
import transformer
from errors import Interrupted, UserError
from model import Config, Model

BATCH, WARM_UP, SAY_SECONDS = 32, 100, 10
# Sequences that a length is judged by, from a seed that no training uses.
JUDGED, JUDGED_SEED = 256, 1 << 40
# No prediction is asked for here.
SILENT = -100
LETTERS, KEYS = 26, 32
# channels, d_inner, blocks
SHAPE = (64, 128, 4)
# A transformer sees all of the longest sequence.
WINDOW = 256


def copying(length, batch, generator):
    """Letters, the separator, the letters: tokens (b, 2 length) and, where an answer is due, the next token (b, 2 length)."""
    letters = torch.randint(0, LETTERS, (batch, length), generator=generator)
    separator = torch.full((batch, 1), LETTERS)
    tokens = torch.cat([letters, separator, letters[:, :-1]], 1)
    return tokens, F.pad(letters, (length, 0), value=SILENT)


def recall(pairs, batch, generator):
    """Pairs of different keys and any values, then the keys in another order, each before its value: tokens (b, 4 pairs)
    and, at the keys of the second half, the value (b, 4 pairs). Values are numbered behind the keys."""
    keys = torch.rand(batch, KEYS, generator=generator).argsort(1)[:, :pairs]
    values = torch.randint(KEYS, 2 * KEYS, (batch, pairs), generator=generator)
    order = torch.rand(batch, pairs, generator=generator).argsort(1)
    known = torch.stack([keys, values], -1)
    asked = known.gather(1, order[..., None].expand(-1, -1, 2))
    answers = torch.stack([asked[..., 1], torch.full_like(order, SILENT)], -1)
    tokens, answers = torch.cat([known, asked], 1).flatten(1), answers.flatten(1)
    return tokens, F.pad(answers, (2 * pairs, 0), value=SILENT)


@dataclasses.dataclass(frozen=True)
class Task:
    """How sequences of a length are made, how many kinds of token they have, what is trained on, what is judged."""

    make: Callable
    vocab_size: int
    lengths: range
    judged: tuple


TASK = {
    "copying": Task(copying, LETTERS + 1, range(4, 25), (8, 16, 24, 32, 48)),
    "recall": Task(recall, 2 * KEYS, range(2, 17), (4, 8, 16, 24, 32)),
}


def fresh(arch, task, seed):
    """An untrained model."""
    torch.manual_seed(seed)
    channels, d_inner, blocks = SHAPE
    ssm = Config("gated", "dws", task.vocab_size, channels, d_inner, blocks, 1, 4)
    return Model(ssm) if arch == "ssm" else transformer.Transformer(transformer.like(ssm, WINDOW))


def loss_of(model, tokens, answers):
    """Mean nats per answer."""
    logits, _ = model(tokens, model.empty(len(tokens)))
    return F.cross_entropy(logits.mT, answers, ignore_index=SILENT)


def rate(done, steps, highest):
    """Warm-up, then half a cosine to nothing."""
    warm_up = min(WARM_UP, max(1, steps // 10))
    return highest * min(1.0, (done + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * done / steps))


def learn(model, task, steps, highest, seed, each=lambda done, loss: None):
    """Trains; the same seed gives the same sequences to any model. `each` hears of every step."""
    generator, optimiser = torch.Generator().manual_seed(seed), trainer.optimiser(model)
    for done in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate(done, steps, highest) * group["part"]
        length = task.lengths[int(torch.randint(len(task.lengths), (), generator=generator))]
        loss = loss_of(model, *task.make(length, BATCH, generator))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), trainer.CLIP)
        optimiser.step()
        each(done + 1, loss.item())


@torch.no_grad()
def accuracy(model, task, length):
    """Of fresh sequences: the share of right answers, and of sequences with all answers right."""
    tokens, answers = task.make(length, JUDGED, torch.Generator().manual_seed(JUDGED_SEED))
    logits, _ = model(tokens, model.empty(JUDGED))
    asked = answers != SILENT
    right = (logits.argmax(-1) == answers) & asked
    return right.sum().item() / asked.sum().item(), (right == asked).all(1).float().mean().item()


def run(args, arch, seed, stopped):
    """Trains and judges one model, with lines on the way."""
    task = TASK[args.task]
    model = fresh(arch, task, seed)
    parameters = sum(p.numel() for p in model.parameters())
    name, begun, said = f"{args.task}, {arch}, seed {seed}", time.process_time(), time.monotonic()

    def each(done, loss):
        nonlocal said
        if not math.isfinite(loss):
            raise UserError(f"{name}: the loss is {loss} at step {done}; give a smaller --rate than {args.rate}")
        if stopped():
            raise Interrupted(f"{name}: stopped after step {done}; nothing is kept, the same command starts again")
        if time.monotonic() - said >= SAY_SECONDS:
            trainer.say(f"{name}: step {done}/{args.steps}  loss {loss:.4f}")
            said = time.monotonic()

    learn(model, task, args.steps, args.rate, seed, each)
    judged = {length: accuracy(model, task, length) for length in task.judged}
    seconds = time.process_time() - begun
    trainer.say(f"{name}: {parameters:,} parameters, {seconds:.0f} s of processor time")
    by_length = [{"length": n, "trained": n in task.lengths, "answers": a, "whole": w} for n, (a, w) in judged.items()]
    return {"arch": arch, "seed": seed, "parameters": parameters, "seconds": round(seconds, 1), "accuracy": by_length}


def table(results):
    """Markdown: percent of right answers, and of wholly right sequences, by length; a star: never trained on."""
    lengths = [f"{a['length']}{'' if a['trained'] else '*'}" for a in results[0]["accuracy"]]
    rows = [["model", "seed", "parameters", *lengths], ["---"] * (3 + len(lengths))]
    for told in results:
        figures = [f"{100 * a['answers']:.1f} / {100 * a['whole']:.0f}" for a in told["accuracy"]]
        rows.append([told["arch"], str(told["seed"]), f"{told['parameters']:,}", *figures])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
