"""Fine-tunes a checkpoint for weights of a few bits, and writes one whose matrices `statestream pack` rounds without loss.

    .train/bin/python scripts/train/qat.py out/train_m.safetensors --text FILE --weights ternary

In every step the matrices are rounded as the packer rounds them; the gradient passes straight through to the floats
behind them. Ctrl-C stops after the step at hand and keeps everything; the same command with --resume goes on.
"""

import argparse
import dataclasses
import pathlib
import sys

import command


@dataclasses.dataclass(frozen=True)
class Own:
    """What a format is tuned with unless told."""

    steps: int
    rate: float
    # the float model's part in what each step lowers
    lesson: float
    # nothing: that of the model's size
    dropout: float | None


# What is rounded coarsely has further to go.
FORMATS = {"w4": Own(200, 2e-4, 1.0, 0.0), "ternary": Own(1000, 2.5e-3, 0.5, None)}


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="See scripts/train/README.md.")
    add = parser.add_argument
    add("ckpt", metavar="CKPT", help="checkpoint of scripts/train/train.py, gated with dws")
    add("--text", required=True, metavar="FILE", help="the text that it was trained on; its last tenth is kept for validation")
    add("--weights", required=True, choices=FORMATS, help="format of in_proj and out_proj; embedding and head stay W8")
    add("--out", metavar="FILE", help="checkpoint to write (default: CKPT's name with _WEIGHTS)")
    add("--rate", type=float, metavar="R", help="highest learning rate (default: w4 2e-4, ternary 2.5e-3)")
    command.add_run(parser)
    return parser.parse_args(words)


def run(args, stopped):
    """Reads, folds, rounds while training, writes."""
    import export
    import imitation
    import rounding
    import trainer

    path = pathlib.Path(args.ckpt)
    model, vocab, provenance = export.read(path)
    check_kind(path, model.config)
    teacher = export.copy(model)
    choice = trainer.tuning(args, model.config, FORMATS[args.weights], trainer.fingerprint(path))
    model.set_dropout(choice.dropout)
    rounding.prepare(model, args.weights)
    out = args.out or path.with_name(f"{path.stem}_{args.weights}.safetensors")
    make = lambda *rest: imitation.FineTuning(teacher, *rest)
    trainer.train(choice, args.text, out, args.resume, stopped, start=trainer.Start(model, vocab, provenance), make=make)


def check_kind(path, config):
    """Only what the packer rounds as it is in the checkpoint."""
    from errors import UserError
    from model import Config

    if not isinstance(config, Config) or (config.block, config.ssm) != ("gated", "dws"):
        kind = f"{config.block} blocks with {config.ssm}" if isinstance(config, Config) else "a transformer"
        raise UserError(f"{path}: {kind}, only gated blocks with dws can be fine-tuned (C of s5 is scaled by the packer); give such a checkpoint")


if __name__ == "__main__":
    sys.exit(command.main("qat", arguments, run, sys.argv[1:]))
