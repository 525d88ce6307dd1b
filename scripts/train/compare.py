"""Compares trained models: loss, parameters, work per token, what each keeps between tokens.

    .train/bin/python scripts/train/compare.py out/train_m.safetensors out/train_transformer_m.safetensors --text FILE
"""

import argparse
import json
import pathlib
import sys

import command

COLUMNS = ("model", "parameters", "nats per character", "MACs per token: matrices", "mixing", "state, bytes")


def arguments(words):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="See scripts/train/README.md.")
    add = parser.add_argument
    add("ckpts", nargs="+", metavar="CKPT", help="checkpoints of scripts/train/")
    add("--text", required=True, metavar="FILE", help="the text that they were trained on; its last tenth is what they are judged by")
    add("--context", type=int, default=1024, metavar="N", help="tokens that the attention looks back on, in its costs (default: 1024)")
    add("--json", metavar="FILE", help="write the figures there as well")
    return parser.parse_args(words)


def judged(path, text_path, context):
    """The figures of one checkpoint: its loss in validation blocks from the empty state, its costs at the context asked
    for, and a transformer's over the window that it was trained with."""
    import costs
    import data
    import export

    model, vocab, _ = export.read(path)
    text = data.read_text(text_path, data.BLOCK, vocab)
    window = getattr(model.config, "window", None)
    told = {"file": str(path), "arch": "transformer" if window else "ssm", "nats": data.nats(model, data.windows(text.valid, data.BLOCK))}
    told = {**told, "context": context, **vars(costs.of(model, context))}
    return {**told, "window": window, "over_window": vars(costs.of(model, window))} if window else told


def rows(told):
    """A transformer has one row for the context, and one for its own window."""
    name = pathlib.Path(told["file"]).stem
    if told["arch"] == "ssm":
        return [row(name, told)]
    own = {**told, **told["over_window"]}
    return [row(f"{name}, {told['context']:,} tokens", told), row(f"{name}, its own window of {told['window']:,}", own)]


def row(name, told):
    """One line of the table."""
    figures = (told[key] for key in ("weight_macs", "mixing_macs", "state_bytes"))
    return [name, f"{told['parameters']:,}", f"{told['nats']:.4f}", *(f"{figure:,}" for figure in figures)]


def run(args, _):
    """Prints the table."""
    from errors import UserError
    from export import write_atomically

    if args.context < 1:
        raise UserError(f"--context {args.context}: it must be at least 1; leave it out for 1024")
    models = [judged(path, args.text, args.context) for path in args.ckpts]
    for line in [COLUMNS, ["---"] * len(COLUMNS), *(line for told in models for line in rows(told))]:
        print(f"| {' | '.join(line)} |")
    if args.json:
        write_atomically(args.json, (json.dumps(models, indent=1) + "\n").encode())


def main(words):
    """Runs the command; returns its exit code."""
    return command.main("compare", arguments, run, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
