"""Fine-tunes a checkpoint for weights of a few bits, and writes one whose matrices `statestream pack` rounds without loss.

    .train/bin/python scripts/train/qat.py out/train_m.safetensors --text FILE --weights ternary

In every step the matrices are rounded as the packer rounds them; the gradient passes straight through to the floats
behind them. Ctrl-C stops after the step at hand and keeps everything; the same command with --resume goes on.
"""

import argparse
import pathlib
import sys

import command

# steps and learning rate for each format: what is rounded coarsely has further to go.
FORMATS = {"w4": (400, 3e-4), "ternary": (1500, 2.5e-3)}


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="See scripts/train/README.md.")
    add = parser.add_argument
    add("ckpt", metavar="CKPT", help="checkpoint of scripts/train/train.py, gated with dws")
    add("--text", required=True, metavar="FILE", help="the text that it was trained on; its last tenth is kept for validation")
    add("--weights", required=True, choices=FORMATS, help="format of in_proj and out_proj; embedding and head stay W8")
    add("--out", metavar="FILE", help="checkpoint to write (default: CKPT's name with _WEIGHTS)")
    add("--rate", type=float, metavar="R", help="learning rate (default: w4 3e-4, ternary 2.5e-3)")
    command.add_run(parser)
    return parser.parse_args(words)


def run(args, stopped):
    """Reads, folds, rounds while training, writes."""
    import export
    import rounding
    import trainer
    from errors import UserError

    path = pathlib.Path(args.ckpt)
    model, vocab, provenance = export.read(path)
    if (model.config.block, model.config.ssm) != ("gated", "dws"):
        kind = f"{model.config.block} blocks with {model.config.ssm}"
        raise UserError(f"{path}: {kind}, only gated blocks with dws can be fine-tuned (C of s5 is scaled by the packer); give such a checkpoint")
    steps, rate = FORMATS[args.weights]
    choice = trainer.tuning(args, model.config, steps, args.rate if args.rate is not None else rate, trainer.fingerprint(path))
    rounding.prepare(model, args.weights)
    out = args.out or path.with_name(f"{path.stem}_{args.weights}.safetensors")
    start = trainer.Start(model, vocab, provenance)
    trainer.train(choice, args.text, out, args.resume, stopped, start=start)


if __name__ == "__main__":
    sys.exit(command.main("qat", arguments, run, sys.argv[1:]))
