"""Trains a model of the family on a text and writes the checkpoint that `statestream pack` reads.

    .train/bin/python scripts/train/train.py --text FILE --size s

Ctrl-C stops after the step at hand and keeps everything; the same command with --resume goes on.
"""

import argparse
import pathlib
import sys

import command

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = ("s", "m", "l")


def arguments(words):
    """The command line; argparse itself ends with 2 on a wrong one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--text", required=True, metavar="FILE", help="text; its last tenth is kept for validation")
    add("--size", required=True, choices=SIZES, help="channels, d_inner, blocks: s 96, 192, 4; m 128, 256, 6; l 192, 384, 7")
    add("--arch", choices=("ssm", "transformer"), default="ssm", help="a transformer has the parameters of the SSM of the size")
    add("--vocab", choices=("auto", "characters", "bytes"), default="auto", help="tokens: the text's characters, or bytes (default: characters up to 256 of them)")
    add("--rate", type=float, metavar="R", help="highest learning rate (default: 0.004)")
    add("--out", metavar="FILE", help="checkpoint to write (default: out/train_SIZE.safetensors)")
    add("--block", choices=("gated", "plain"), default="gated", help="kind of block (default: gated)")
    add("--ssm", choices=("dws", "s5"), help="kind of state space (default: dws, with plain blocks s5)")
    add("--states", type=int, metavar="N", help="dws: complex states per channel (default 1); s5: in all (default 64)")
    command.add_run(parser)
    return parser.parse_args(words)


def run(args, stopped):
    """Trains."""
    import trainer

    kind = "" if args.arch == "ssm" else f"{args.arch}_"
    out = args.out or ROOT / "out" / f"train_{kind}{args.size}.safetensors"
    trainer.train(trainer.settings(args), args.text, out, args.resume, stopped)


def main(words):
    """Runs the command; returns its exit code."""
    return command.main("train", arguments, run, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
