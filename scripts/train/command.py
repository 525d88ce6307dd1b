"""What the commands of this folder share: flags of a run, signals, exit codes."""

import os
import signal
import sys


def add_run(parser):
    """How long, on what, from which seed."""
    add = parser.add_argument
    add("--minutes", type=float, metavar="N", help="stop after N minutes of training, validation not counted")
    add("--steps", type=int, metavar="N", help="stop after N steps of 16 x 256 characters (default: this run's own)")
    add("--resume", action="store_true", help="go on where the same command was interrupted")
    add("--precision", choices=("bf16", "f32"), help="of the products of matrices (default: bf16 where the processor has it)")
    add("--device", choices=("cpu", "cuda"), help="where to train (default: a GPU when there is one)")
    add("--seed", type=int, default=1, metavar="S", help="of weights, order and dropout (default: 1)")


def stopper():
    """A function that says whether a signal has come."""
    came = []
    for number in (signal.SIGINT, signal.SIGTERM):
        # The first signal lets the step end, a second one ends the program at once.
        signal.signal(number, lambda number, _: (came.append(number), signal.signal(number, signal.SIG_DFL)))
    return lambda: bool(came)


def main(name, arguments, run, words):
    """Runs a command; returns its exit code. PyTorch is imported in `run`: it takes seconds, and a mistyped flag should not."""
    args = arguments(words)
    # threads that wait in a loop would take the other core from fused.py's; and what CUDA needs for repeatable products
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    from errors import Interrupted, UserError

    try:
        run(args, stopper())
    except UserError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except Interrupted as where:
        print(f"{name}: {where}", file=sys.stderr)
        return 130
    return 0
