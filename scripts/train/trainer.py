"""The training loop: settings, optimiser, schedule, what an interrupted run keeps."""

import dataclasses
import hashlib
import io
import math
import pathlib
import sys
import time

import torch
import torch.nn.functional as F

import data
import export
import fused
import rounding
import transformer
from errors import Interrupted, UserError
from model import Config, Model

ARCH = {"ssm": Model, "transformer": transformer.Transformer}

# channels, d_inner, blocks; dropout; steps when neither --steps nor --minutes is given.
SIZES = {"s": (96, 192, 4, 0.05, 2500), "m": (128, 256, 6, 0.1, 3000), "l": (192, 384, 7, 0.15, 1800)}
BATCH, SEGMENT = 16, 256
# dropout of shapes that are none of these
DROPOUT = 0.1
RATE, BETAS, DECAY, CLIP = 4e-3, (0.9, 0.99), 0.1, 1.0
WARM_UP, LAST_RATE = 100, 0.02
SAVE_SECONDS, SAY_SECONDS, VALIDATE_STEPS = 60, 10, 250
# Predictions of the validations on the way: blocks spread over the validation text.
GLANCE = 80 * data.BLOCK


@dataclasses.dataclass(frozen=True)
class Settings:
    """What decides a run's result, with the text: a run is resumed only with the same ones."""

    name: str
    block: str
    ssm: str
    channels: int
    d_inner: int
    num_blocks: int
    num_states: int
    conv_taps: int
    dropout: float
    steps: int | None
    minutes: float | None
    seed: int
    precision: str = "f32"
    device: str = "cpu"
    rate: float = RATE
    weights: str = "float"
    start: str = ""
    lesson: float = 0.0
    batch: int = BATCH
    segment: int = SEGMENT
    arch: str = "ssm"
    vocab: str = "auto"

    def config(self, vocab_size):
        """The model's; a transformer's is that of the SSM's size."""
        shape = (self.channels, self.d_inner, self.num_blocks, self.num_states, self.conv_taps)
        ssm = Config(self.block, self.ssm, vocab_size, *shape)
        return ssm if self.arch == "ssm" else transformer.like(ssm)


def settings(args):
    """Settings from the command line, checked."""
    channels, d_inner, blocks, dropout, steps = SIZES[args.size]
    plain = args.block == "plain"
    ssm = args.ssm or ("s5" if plain else "dws")
    if plain and ssm == "dws":
        raise UserError("--ssm dws: a plain block with dws has no term that mixes channels; use --ssm s5 or --block gated")
    states = args.states if args.states is not None else (1 if ssm == "dws" else 64)
    most = 16 if ssm == "dws" else 4096
    if not 1 <= states <= most:
        raise UserError(f"--states {states}: with --ssm {ssm} it must be 1 to {most}; choose another number")
    check_arch(args)
    return Settings(
        f"size {args.size}", args.block, ssm, channels, 0 if plain else d_inner, blocks, states, 0 if plain else 4,
        dropout, *lasting(args, steps), args.seed, *machine(args), checked_rate(args.rate, RATE), arch=args.arch, vocab=args.vocab,
    )  # fmt: skip


def check_arch(args):
    """What describes an SSM says nothing of a transformer."""
    given = [flag for flag, value in (("--ssm", args.ssm), ("--states", args.states)) if value is not None]
    given += ["--block plain"] if args.block == "plain" else []
    if args.arch == "transformer" and given:
        raise UserError(f"{given[0]}: --arch transformer has neither blocks of that kind nor states; leave it out, or use --arch ssm")


def checked_rate(rate, default):
    """The learning rate, `default` when none is given."""
    if rate is not None and not 0 < rate < 1:
        raise UserError(f"--rate {rate}: it must be above 0 and below 1; leave it out for {default}")
    return default if rate is None else rate


def tuning(args, config, own, start):
    """Settings of a run that goes on from a checkpoint of this config and fingerprint; `own` are those of its format."""
    shape = (config.channels, config.d_inner, config.num_blocks)
    usual = next((size[3] for size in SIZES.values() if size[:3] == shape), DROPOUT)
    dropout = own.dropout if own.dropout is not None else usual
    return Settings(
        "fine-tuning", config.block, config.ssm, *shape, config.num_states, config.conv_taps, dropout,
        *lasting(args, own.steps), args.seed, *machine(args), checked_rate(args.rate, own.rate), args.weights, start, own.lesson,
    )  # fmt: skip


def lasting(args, steps):
    """Steps and minutes of a run, checked; without either it takes `steps`."""
    if args.steps is not None and args.steps < 1:
        raise UserError(f"--steps {args.steps}: it must be at least 1; leave it out for {steps:,}")
    if args.minutes is not None and not (0 < args.minutes < math.inf):
        raise UserError(f"--minutes {args.minutes}: it must be above 0 and finite; leave it out for {steps:,} steps")
    return steps if args.steps is None and args.minutes is None else args.steps, args.minutes


def machine(args):
    """Precision and device of a run, checked, as is its seed."""
    if not 0 <= args.seed < 2**63:
        raise UserError(f"--seed {args.seed}: it must be 0 to 2^63 - 1; choose another number")
    device = args.device or best_device()
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: PyTorch sees no GPU; leave it out, or install with scripts/train/setup.sh --whole")
    return args.precision or best_precision(device), device


def fingerprint(path):
    """SHA-256 of a file."""
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def best_device():
    """A GPU when PyTorch sees one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def best_precision(device):
    """bf16 products, with f32 sums, where the processor has them; in plain f32 the same run takes longer."""
    return "bf16" if device == "cuda" or "avx512_bf16" in fused.cpu().split() else "f32"


def optimiser(model):
    """AdamW. Matrices decay; what sets time constants and gains does not, and moves at half the rate."""
    matrices, biases, sensitive = [], [], []
    for name, parameter in model.named_parameters():
        # what rounding.py rounds has its floats behind this name
        name = name.replace("parametrizations.", "").removesuffix(".original")
        if not parameter.requires_grad:
            continue
        if name.endswith("bias"):
            biases.append(parameter)
        elif name.endswith(("embedding.weight", "head.weight", "proj.weight", "ssm_layer.B", "ssm_layer.C")):
            matrices.append(parameter)
        else:
            sensitive.append(parameter)
    groups = [
        {"params": matrices, "weight_decay": DECAY, "part": 1.0},
        {"params": biases, "weight_decay": 0.0, "part": 1.0},
        {"params": sensitive, "weight_decay": 0.0, "part": 0.5},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], betas=BETAS)


class Run:
    """A run between two steps: everything that the next step depends on."""

    def __init__(self, choice, text, model=None):
        torch.manual_seed(choice.seed)
        self.choice, self.text = choice, text
        self.model = (model or ARCH[choice.arch](choice.config(len(text.vocab)), choice.dropout)).to(choice.device)
        self.optimiser = optimiser(self.model)
        self.streams = data.Streams(text.train, choice.batch, choice.segment, choice.seed + 1)
        self.states = self.model.empty(choice.batch)
        self.done, self.seconds, self.loss = 0, 0.0, math.nan

    def part(self):
        """How much of the run is done, 0 to 1: of steps or minutes, whichever ends first."""
        by_steps = self.done / self.choice.steps if self.choice.steps else 0.0
        by_time = self.seconds / (60 * self.choice.minutes) if self.choice.minutes else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self):
        """Learning rate of the next step: warm-up, then half a cosine."""
        steps = self.choice.steps
        warm_up = min(WARM_UP, max(1, steps // 10)) if steps else WARM_UP
        return self.choice.rate * min(1.0, (self.done + 1) / warm_up) * falling(self.part())

    def step(self):
        """One segment of every stream, forward, back, and a move of the weights."""
        begun = time.monotonic()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate() * group["part"]
        segments, jumps = (read.to(self.choice.device) for read in self.streams.next())
        # without its cache, which would outlive the step
        with torch.autocast(self.choice.device, torch.bfloat16, self.choice.precision == "bf16", cache_enabled=False):
            loss = self.objective(segments, jumps)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimiser.step()
        self.loss = loss.item()
        if not math.isfinite(self.loss):
            raise UserError(f"the loss is {self.loss} at step {self.done + 1}; train again with another --seed")
        self.done += 1
        self.seconds += time.monotonic() - begun

    def objective(self, segments, jumps):
        """What the step lowers: the next tokens' loss over segments (b, t + 1). The carried states move on."""
        logits, self.states = self.model(segments[:, :-1], forgotten(self.states, jumps))
        return F.cross_entropy(logits.float().mT, segments[:, 1:])

    def where(self):
        """How far, in words."""
        return f"step {self.done}"

    def kind(self):
        """The command and the model, in words."""
        c = self.choice
        if c.weights != "float":
            return "qat.py", f"in_proj and out_proj fine-tuned as {c.weights}, rate {c.rate}, the float model's part {c.lesson}"
        if c.arch == "transformer":
            return "train.py", f"{c.name}, transformer, rate {c.rate}"
        return "train.py", f"{c.name}, {c.block} blocks, {c.ssm} with {c.num_states} states"

    def seconds_left(self):
        """At the rate so far; None before the first step."""
        part = self.part()
        return self.seconds * (1 - part) / part if part else None

    def saved(self):
        """All of it, as what `torch.load` reads without running code."""
        return {
            "settings": dataclasses.asdict(self.choice),
            "sha256": self.text.sha256,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state() if self.choice.device == "cuda" else None,
            "streams": self.streams.saved(),
            "states": [{name: state.detach() for name, state in layer.items()} for layer in self.states],
            "done": self.done,
            "seconds": self.seconds,
            "loss": self.loss,
        }

    def restore(self, saved):
        """The other way."""
        self.model.load_state_dict(saved["model"])
        self.optimiser.load_state_dict(saved["optimiser"])
        torch.set_rng_state(saved["random"])
        if saved["random_gpu"] is not None:
            torch.cuda.set_rng_state(saved["random_gpu"])
        self.streams.restore(saved["streams"])
        self.states = [{name: state.to(self.choice.device) for name, state in layer.items()} for layer in saved["states"]]
        self.done, self.seconds, self.loss = saved["done"], saved["seconds"], saved["loss"]


def falling(part):
    """Half a cosine, from 1 to LAST_RATE."""
    return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * part))


def forget(state, jumps):
    """state (b, ...) with zeros where a stream has jumped; no gradient reaches back into the segment before."""
    return state.detach().masked_fill(jumps.view(-1, *[1] * (state.dim() - 1)), 0)


def forgotten(states, jumps):
    """The same of all states of all layers."""
    return [{name: forget(state, jumps) for name, state in layer.items()} for layer in states]


def resume_path(out):
    """Where an interrupted run is kept."""
    return pathlib.Path(f"{out}.resume")


def keep(run, path):
    """Writes the run, all or nothing."""
    buffer = io.BytesIO()
    torch.save(run.saved(), buffer)
    export.write_atomically(path, buffer.getvalue())


def take_up(run, path):
    """Reads a kept run into `run`, which must be of the same settings and text."""
    if not path.exists():
        raise UserError(f"--resume: {path} is not there, so no run was interrupted; leave --resume out, or give that run's --out")
    try:
        saved = torch.load(path, weights_only=True, map_location="cpu")
        choice, sha256 = saved["settings"], saved["sha256"]
    except Exception as error:  # whatever a damaged file makes of the unpickler
        raise damaged(path, error) from error
    for name, now in dataclasses.asdict(run.choice).items():
        if choice.get(name) != now:
            raise UserError(f"--resume: {path} has {name} {choice.get(name)}, the command says {now}; repeat its command, or delete the file")
    if sha256 != run.text.sha256:
        raise UserError(f"--resume: {path} was trained on another text than --text holds; give the same text, or delete the file")
    try:
        run.restore(saved)
    except Exception as error:  # as above
        raise damaged(path, error) from error


def damaged(path, error):
    """The sentence for a file that cannot be read."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return UserError(f"--resume: {path} is damaged ({reason}); delete it and train from the start")


def say(line):
    """Progress goes to stderr."""
    print(line, file=sys.stderr, flush=True)


def progress(run, rate):
    """The line that says where the run is."""
    left = run.seconds_left()
    left = f"{int(left) // 60}:{int(left) % 60:02}" if left is not None else "?"
    of = f"/{run.choice.steps}" if run.choice.steps else ""
    return f"{run.where()}{of}  loss {run.loss:.4f}  {rate:,.0f} tokens/s  left {left}"


@dataclasses.dataclass(frozen=True)
class Start:
    """A model to go on from (none: from nothing), its vocabulary and what the file it came from says of its making."""

    model: Model | None
    vocab: list
    provenance: str


def train(choice, text_path, out, resume, stopped, say=say, start=None, make=Run):
    """Trains until done or `stopped()`, from `start` or from nothing, writes the checkpoint, and returns the validation losses.
    `make` makes the run."""
    torch.use_deterministic_algorithms(True)
    # every value is written before it is read: fused.py's tensors as well
    torch.utils.deterministic.fill_uninitialized_memory = False
    text = data.read_text(text_path, choice.segment, start and start.vocab, choice.vocab)
    run, kept = make(choice, text, start and start.model), resume_path(out)
    if resume:
        take_up(run, kept)
    elif kept.exists():
        raise UserError(f"{kept} holds an interrupted run; go on with --resume, or delete it to train from the start")
    parameters = sum(p.numel() for p in run.model.parameters())
    say(f"{choice.name}: {parameters:,} parameters, {len(text.vocab)} tokens, {len(text.train):,} {data.unit(text.vocab)} to train on, {threads(choice)}")
    keep(run, kept)  # says at once whether the place can be written
    loop(run, kept, stopped, say)
    rounding.settle(run.model)
    losses = validate(run, say)
    export.write(out, run.model, text.vocab, provenance(run, text_path, losses, start))
    kept.unlink()
    say(f"wrote {out}; next: {following(choice, text_path, out)}")
    return losses


def following(choice, text_path, out):
    """The next command."""
    pack = f"statestream pack {out} -o model.img --calib {text_path}"
    return pack if choice.arch == "ssm" else f"scripts/train/compare.py {out} --text {text_path}"


def threads(choice):
    """What it runs on."""
    middle = "compiled" if choice.device == "cpu" and fused.library() else "plain"
    return f"{torch.get_num_threads()} threads of {choice.device}, {choice.precision}, {middle} recurrence"


def loop(run, kept, stopped, say):
    """Steps until the end, with lines, glances at the validation text, and the run kept every minute."""
    glance = data.windows(run.text.valid, data.BLOCK)
    glance = glance[:: max(1, len(glance) * data.BLOCK // GLANCE)]
    saved_at = said_at = time.monotonic()
    tokens, since = 0, run.seconds
    while run.part() < 1.0:
        run.step()
        tokens += run.choice.batch * run.choice.segment
        now = time.monotonic()
        if now - said_at >= SAY_SECONDS or run.part() == 1.0:
            say(progress(run, tokens / max(1e-9, run.seconds - since)))
            said_at, tokens, since = now, 0, run.seconds
        if run.done % VALIDATE_STEPS == 0:
            say(f"{run.where()}  {run.seconds / 60:.2f} min  validation, a part: {data.nats(run.model, glance):.4f}")
        if stopped():
            keep(run, kept)
            raise Interrupted(f"stopped after {run.where()}, kept in {kept}; the same command with --resume goes on")
        if now - saved_at >= SAVE_SECONDS:
            keep(run, kept)
            saved_at = now


def validate(run, say):
    """Loss on the whole validation text, in blocks and in streams: nats per character by the windows' length."""
    losses = {}
    for length in (data.BLOCK, data.STREAM):
        rows = data.windows(run.text.valid, length)
        losses[rows.shape[1] - 1] = data.nats(run.model, rows)
    by_length = ", ".join(f"{nats:.4f} in {length:,}-character windows" for length, nats in losses.items())
    say(f"validation, nats per character: {by_length}; {run.done} steps, {run.seconds / 60:.2f} min")
    return losses


def provenance(run, text_path, losses, start):
    """Who made the checkpoint; nothing in it depends on the clock."""
    c = run.choice
    script, kind = run.kind()
    on = f"{pathlib.Path(text_path).name} (sha256 {run.text.sha256}), first 90 %"
    took = f"{run.done} steps of {c.batch} x {c.segment} characters, seed {c.seed}, {c.precision} on {c.device}, PyTorch {torch.__version__}"
    held_out = ", ".join(f"{nats:.4f} in {length}-character windows" for length, nats in losses.items())
    told = f"scripts/train/{script}: {kind}; trained on {on}; {took}; validation nats per character {held_out}"
    return f"{start.provenance}. {told}" if start else told
