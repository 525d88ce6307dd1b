"""Two tasks that the literature calls hard for state-space models, learnt by a model of the family and a transformer.

    .train/bin/python scripts/train/synthetic.py --task copying

Copying (Jelassi et al. 2024, arXiv:2402.01032): a random string, a separator, the string again. A state of fixed size must
hold all of it; attention looks it up. Recall (multi-query associative recall, Arora et al. 2023, arXiv:2312.04927): pairs of
a key and its value, then the same keys in another order, each of which is to be answered by its value; which place holds
the answer is decided by the text. Both models have the same parameters, up to rounding, the same batches, steps and optimiser.

Only the answers are trained on and counted. Judged lengths go beyond those trained on.
"""

import argparse
import json
import pathlib
import sys

import command

ARCHS = ("ssm", "transformer")
TASKS = ("copying", "recall")


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="See scripts/train/README.md.")
    add = parser.add_argument
    add("--task", required=True, choices=TASKS, help="what is learnt")
    add("--arch", choices=ARCHS, help="one kind of model (default: both)")
    add("--steps", type=int, default=1500, metavar="N", help="of 32 sequences (default: 1500)")
    add("--seeds", type=int, default=2, metavar="N", help="how many runs of each kind (default: 2)")
    add("--rate", type=float, default=2e-3, metavar="R", help="highest learning rate (default: 0.002)")
    add("--json", metavar="FILE", help="write the figures there as well")
    return parser.parse_args(words)


def run(args, stopped):
    """Trains every model, prints a line for each and a table."""
    import trial
    from errors import UserError

    for flag, value in (("--steps", args.steps), ("--seeds", args.seeds)):
        if value < 1:
            raise UserError(f"{flag} {value}: it must be at least 1; leave it out for the default")
    if not 0 < args.rate < 1:
        raise UserError(f"--rate {args.rate}: it must be above 0 and below 1; leave it out for 0.002")
    archs = (args.arch,) if args.arch else ARCHS
    results = [trial.run(args, arch, seed, stopped) for arch in archs for seed in range(1, args.seeds + 1)]
    print(trial.table(results))
    if args.json:
        from export import write_atomically

        told = {"task": args.task, "steps": args.steps, "batch": trial.BATCH, "rate": args.rate, "runs": results}
        write_atomically(pathlib.Path(args.json), (json.dumps(told, indent=1) + "\n").encode())


def main(words):
    """Runs the command; returns its exit code."""
    return command.main("synthetic", arguments, run, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
