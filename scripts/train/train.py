"""Trains a model of the family on a text and writes the checkpoint that `statestream pack` reads.

    .train/bin/python scripts/train/train.py --text FILE --size s

Ctrl-C stops after the step at hand and keeps everything; the same command with --resume goes on.
"""

import argparse
import os
import pathlib
import signal
import sys

# Before PyTorch: its import takes seconds, and a mistyped flag should not.
ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = ("s", "m", "l")


def arguments(words):
    """The command line; argparse itself ends with 2 on a wrong one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--text", required=True, metavar="FILE", help="UTF-8 text; its last tenth is kept for validation")
    add("--size", required=True, choices=SIZES, help="channels, d_inner, blocks: s 96, 192, 4; m 128, 256, 6; l 192, 384, 7")
    add("--arch", choices=("ssm", "transformer"), default="ssm", help="a transformer has the parameters of the SSM of the size")
    add("--minutes", type=float, metavar="N", help="stop after N minutes of training, validation not counted")
    add("--steps", type=int, metavar="N", help="stop after N steps of 16 x 256 characters (default: the size's own)")
    add("--resume", action="store_true", help="go on where the same command was interrupted")
    add("--out", metavar="FILE", help="checkpoint to write (default: out/train_SIZE.safetensors)")
    add("--block", choices=("gated", "plain"), default="gated", help="kind of block (default: gated)")
    add("--ssm", choices=("dws", "s5"), help="kind of state space (default: dws, with plain blocks s5)")
    add("--states", type=int, metavar="N", help="dws: complex states per channel (default 1); s5: in all (default 64)")
    add("--rate", type=float, metavar="R", help="highest learning rate (default: 0.004)")
    add("--precision", choices=("bf16", "f32"), help="of the products of matrices (default: bf16 where the processor has it)")
    add("--device", choices=("cpu", "cuda"), help="where to train (default: a GPU when there is one)")
    add("--seed", type=int, default=1, metavar="S", help="of weights, order and dropout (default: 1)")
    return parser.parse_args(words)


def main(words):
    """Runs the command; returns its exit code."""
    args = arguments(words)
    # threads that wait in a loop would take the other core from fused.py's; and what CUDA needs for repeatable products
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from errors import UserError
    from trainer import Interrupted, settings, train

    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # The first signal lets the step end, a second one ends the program at once.
        signal.signal(number, lambda number, _: (stop.append(number), signal.signal(number, signal.SIG_DFL)))
    try:
        kind = "" if args.arch == "ssm" else f"{args.arch}_"
        out = args.out or ROOT / "out" / f"train_{kind}{args.size}.safetensors"
        train(settings(args), args.text, out, args.resume, lambda: bool(stop))
    except UserError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except Interrupted as where:
        print(f"train: {where}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
