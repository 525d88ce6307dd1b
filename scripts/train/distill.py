"""Distils a transformer into a model of the family, in the three stages of MOHAWK (Bick et al. 2024, arXiv:2408.10189).

    .train/bin/python scripts/train/distill.py --text FILE --teacher out/train_transformer_m.safetensors --size m

What the stages compare is said in `mohawk.py`. Ctrl-C stops after the step at hand and keeps everything; the same command
with --resume goes on.
"""

import argparse
import pathlib
import sys

import command

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = ("s", "m", "l")


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="See scripts/train/README.md.")
    add = parser.add_argument
    add("--text", required=True, metavar="FILE", help="the text that the teacher was trained on; its last tenth is kept for validation")
    add("--teacher", required=True, metavar="CKPT", help="checkpoint of `train.py --arch transformer`")
    add("--size", required=True, choices=SIZES, help="of the student; its teacher is the transformer of the same size")
    add("--out", metavar="FILE", help="checkpoint to write (default: out/distil_SIZE.safetensors)")
    add("--rate", type=float, metavar="R", help="highest learning rate (default: 0.004)")
    command.add_run(parser)
    return parser.parse_args(words)


def run(args, stopped):
    """Reads the teacher, trains the student."""
    import mohawk
    import trainer

    args.arch, args.block, args.ssm, args.states, args.vocab = "ssm", "gated", "dws", None, "auto"
    out = args.out or ROOT / "out" / f"distil_{args.size}.safetensors"
    choice = mohawk.settings(trainer.settings(args), args.teacher)
    teacher, start = mohawk.read_teacher(args.teacher, choice)

    def make(*rest):
        made = mohawk.Distillation(teacher, *rest)
        trainer.say(f"stage 1 can reach {made.floor():.4f}: no Toeplitz matrix comes nearer to the teacher's")
        return made

    trainer.train(choice, args.text, out, args.resume, stopped, start=start, make=make)


def main(words):
    """Runs the command; returns its exit code."""
    return command.main("distill", arguments, run, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
