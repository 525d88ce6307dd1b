"""The parallel form against the recurrence, and exports against the Rust float64 model."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import torch

import data
import export
from errors import UserError
from model import Config, Model

ROOT = pathlib.Path(__file__).resolve().parents[2]
LETTERS = [chr(97 + i) for i in range(9)] + ["é", '"']

# block, ssm, states, conv taps
KINDS = [
    ("gated", "dws", 1, 4),
    ("gated", "dws", 4, 4),
    ("gated", "dws", 1, 0),
    ("gated", "dws", 4, 0),
    ("gated", "s5", 1, 4),
    ("gated", "s5", 4, 4),
    ("gated", "s5", 4, 0),
    ("plain", "s5", 1, 0),
    ("plain", "s5", 4, 0),
]


def model(block, ssm, states, taps, dtype=torch.float32, **more):
    """A small random model; every parameter moved, so that no default hides a mistake."""
    torch.manual_seed(3)
    d_inner = 24 if block == "gated" else 0
    made = Model(Config(block, ssm, len(LETTERS), 12, d_inner, 2, states, taps, **more))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made.to(dtype)


def tokens(batch, length):
    """Random ones, (b, t)."""
    return torch.randint(0, len(LETTERS), (batch, length), generator=torch.Generator().manual_seed(5))


def flat(states):
    """All states of all layers as one vector."""
    return torch.cat([torch.view_as_real(torch.complex(s, s * 0) if not s.is_complex() else s).flatten() for layer in states for s in layer.values()])


class Forms(unittest.TestCase):
    """Logits and states of the two forms, and of a text in one piece or in several."""

    @torch.no_grad()
    def compare(self, made):
        x = tokens(2, 50)
        whole, behind = made(x, made.empty(2))
        one_by_one, behind_ones = made.recurrent(x, made.empty(2))
        parts, states = [], made.empty(2)
        for part in x.split([1, 2, 17, 30], 1):
            logits, states = made(part, states)
            parts.append(logits)
        self.assertGreater(whole.abs().max(), 0.5)
        for logits, state in ((one_by_one, behind_ones), (torch.cat(parts, 1), states)):
            torch.testing.assert_close(logits, whole, rtol=0, atol=1e-4)
            torch.testing.assert_close(flat(state), flat(behind), rtol=1e-4, atol=1e-4)

    def test_parallel_equals_recurrent_whole_and_in_segments(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                self.compare(model(*kind))

    def test_the_other_configurations_too(self):
        self.compare(model("gated", "dws", 1, 4, activation="relu"))
        self.compare(model("plain", "s5", 4, 0, norm=False))
        self.compare(model("plain", "s5", 4, 0, residual=False, activation="relu"))

    def test_gradients_equal_those_of_the_recurrence(self):
        for kind in (("gated", "dws", 4, 4), ("gated", "s5", 4, 4), ("plain", "s5", 4, 0)):
            with self.subTest(kind=kind):
                made, x = model(*kind, dtype=torch.float64), tokens(2, 20)
                # from a state that is not empty: the carried part must have its gradient as well
                start = [{name: s.detach() for name, s in layer.items()} for layer in made(x, made.empty(2))[1]]
                losses = [run(x, start)[0].logsumexp(-1).mean() for run in (made, made.recurrent)]
                left, right = (torch.autograd.grad(loss, list(made.parameters())) for loss in losses)
                for (name, _), a, b in zip(made.named_parameters(), left, right):
                    torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9, msg=name)


class Export(unittest.TestCase):
    """Files."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "model.safetensors"

    def test_reading_back_gives_the_model(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                made = model(*kind)
                export.write(self.path, made, LETTERS, "a test")
                again, vocab, provenance = export.read(self.path)
                self.assertEqual((again.config, vocab, provenance), (made.config, LETTERS, "a test"))
                with torch.no_grad():
                    x = tokens(1, 30)
                    torch.testing.assert_close(again(x, again.empty(1))[0], made(x, made.empty(1))[0], rtol=0, atol=1e-4)

    def test_what_is_no_checkpoint_is_refused(self):
        self.path.write_bytes(b"nothing")
        with self.assertRaisesRegex(UserError, "give a checkpoint that scripts/train/train.py wrote"):
            export.read(self.path)

    def test_a_model_that_is_not_finite_is_refused(self):
        made = model(*KINDS[0])
        made.backbone[1].D.data[2] = float("nan")
        with self.assertRaisesRegex(UserError, r"tensor `backbone.1.D` .* not finite; train again"):
            export.write(self.path, made, LETTERS, "")
        self.assertFalse(self.path.exists())


def statestream():
    """The program: STATESTREAM, or what cargo built; nothing when there is none."""
    path = pathlib.Path(os.environ.get("STATESTREAM", ROOT / "target" / "release" / "statestream"))
    return path if path.is_file() else None


ABSENT = "no statestream to compare with: run `cargo build --release -p statestream-cli`, or set STATESTREAM to the program"
if not statestream():
    # a skip nobody sees is a pass nobody earned, and unittest only counts them
    print(f"SKIPPED AgainstRust: {ABSENT}", file=sys.stderr)


@unittest.skipUnless(statestream(), ABSENT)
class AgainstRust(unittest.TestCase):
    """`statestream eval` prints the loss of its own float64 model."""

    def test_losses_agree(self):
        every = [("gated", "dws", 1, 4), ("gated", "dws", 3, 0), ("gated", "s5", 8, 4), ("plain", "s5", 8, 0)]
        for kind in every:
            with self.subTest(kind=kind), tempfile.TemporaryDirectory() as folder:
                self.compare(model(*kind), pathlib.Path(folder))

    def test_bytes_are_the_same_tokens(self):
        torch.manual_seed(4)
        made = Model(Config("gated", "dws", len(data.BYTES), 12, 24, 2, 1, 4))
        text = "".join(random.Random(2).choices(["naïve ", "日本 ", "<0xC3>", "a\n"], k=400)).encode()[:1500].decode(errors="ignore")
        with tempfile.TemporaryDirectory() as folder:
            self.compare(made, pathlib.Path(folder), torch.tensor(list(text.encode())[:1500]), text, data.BYTES)

    def compare(self, made, folder, x=None, written=None, vocab=LETTERS):
        text, ckpt, image = folder / "text.txt", folder / "model.safetensors", folder / "model.img"
        x = tokens(1, 1500)[0] if x is None else x
        text.write_text(written or "".join(LETTERS[i] for i in x), encoding="utf-8")
        export.write(ckpt, made, vocab, "a test")
        self.run_program("pack", ckpt, "-o", image, "--calib", text)
        told = self.run_program("--json", "eval", image, "--ckpt", ckpt, "--text", text, "--stream", "200")
        self.assertEqual(told["chars"], 1400)
        here = data.nats(made, data.windows(x, 200))
        self.assertGreater(here, 1.0)
        self.assertAlmostEqual(here, told["float_nats"], delta=1e-4)

    def run_program(self, *words):
        done = subprocess.run([statestream(), *map(str, words)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if words[0] == "--json" else None


if __name__ == "__main__":
    unittest.main()
