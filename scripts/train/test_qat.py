"""Rounding, fine-tuning, and that the packer finds the same integers again."""

import contextlib
import io
import json
import pathlib
import signal
import subprocess
import unittest
import unittest.mock

import torch

import export
import qat
import rounding
import trainer
from model import Config, Model
from test_model import ABSENT, statestream
from test_train import TINY, Folder, quiet


def rows(count=40, length=24):
    """Rows with a large weight here and there."""
    w = torch.randn(count, length, generator=torch.Generator().manual_seed(2))
    return w * (1 + 3 * (w > 2))


class Rounding(unittest.TestCase):
    """The grids."""

    def test_ternary_rows(self):
        w = rows()
        scale = w.abs().mean(1, keepdim=True)
        q = rounding.ternary(w) / scale
        self.assertEqual(sorted(q.round().unique().tolist()), [-1, 0, 1])
        # the nearest of the three
        for other in (-1, 0, 1):
            self.assertTrue(((q * scale - w).abs() <= (other * scale - w).abs() + 1e-6).all())
        self.assertEqual(rounding.ternary(torch.zeros(2, 5)).abs().max(), 0)

    def test_four_bits_use_the_whole_grid(self):
        w = rows()
        scale = rounding.clips(w) * rounding.most(w) / 7
        q = rounding.four_bits(w, scale) / scale
        torch.testing.assert_close(q, q.round(), rtol=0, atol=1e-5)
        # so that a row's largest weight tells its scale
        torch.testing.assert_close(rounding.most(q), torch.full((len(w), 1), 7.0))
        self.assertLess(rounding.clips(w).min(), 1.0)

    def test_the_gradient_passes_straight_through(self):
        w = rows().requires_grad_()
        weigh = torch.arange(w.numel()).view_as(w).float()
        (rounding.Ternary()(w) * weigh).sum().backward()
        self.assertTrue(torch.equal(w.grad, weigh))

    def test_folding_changes_no_logit(self):
        torch.manual_seed(1)
        model = Model(Config("gated", "dws", 9, 12, 16, 2, 1, 4))
        for block in model.backbone:
            block.pre_norm.weight.data.uniform_(0.5, 2.0)
        x = torch.arange(9)[None]
        with torch.no_grad():
            before = model(x, model.empty(1))[0]
            rounding.fold(model)
            torch.testing.assert_close(model(x, model.empty(1))[0], before, rtol=0, atol=1e-5)
        self.assertFalse(any(block.pre_norm.weight.requires_grad for block in model.backbone))


class FineTuning(Folder):
    """The command, on a small checkpoint."""

    def setUp(self):
        super().setUp()
        self.loss = self.train(trainer.dataclasses.replace(TINY, steps=60))[256]

    def command(self, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                code = qat.command.main("qat", qat.arguments, qat.run, [str(self.out), "--text", str(self.text), *words])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return code, said.getvalue()

    def tuned(self, weights, *words):
        code, said = self.command("--weights", weights, "--steps", "20", *words)
        self.assertEqual(code, 0, said)
        path = self.out.with_name(f"model_{weights}.safetensors")
        return path, *export.read(path)

    def test_the_matrices_are_on_the_grid(self):
        for weights, most in (("w4", 7), ("ternary", 1)):
            with self.subTest(weights=weights):
                _, model, _, provenance = self.tuned(weights)
                self.assertRegex(provenance, f"train.py: .*. scripts/train/qat.py: .* fine-tuned as {weights}")
                for layer in rounding.matrices(model):
                    scale = rounding.most(layer.weight.detach()) / most
                    q = layer.weight.detach() / scale
                    torch.testing.assert_close(q, q.round(), rtol=0, atol=1e-5)
                self.assertTrue(all((block.pre_norm.weight == 1).all() for block in model.backbone))

    def test_fine_tuning_lowers_the_loss_of_rounding(self):
        run = trainer.Run(TINY, trainer.data.read_text(self.text, TINY.segment), export.read(self.out)[0])
        rounding.prepare(run.model, "ternary")
        rounded = trainer.validate(run, quiet)[256]
        code, said = self.command("--weights", "ternary", "--steps", "60")
        self.assertEqual(code, 0, said)
        run.model = export.read(self.out.with_name("model_ternary.safetensors"))[0]
        self.assertLess(trainer.validate(run, quiet)[256], rounded - 0.2 * (rounded - self.loss))

    @unittest.skipUnless(statestream(), ABSENT)
    def test_the_packer_loses_nothing(self):
        """With W4 rows that are on the grid, W4 and W8 of the same checkpoint may differ by the scales' rounding alone."""
        path = self.tuned("w4")[0]
        image = self.folder / "model.img"
        self.program("pack", path, "-o", image, "--calib", self.text, "--weights", "w4")
        told = json.loads(self.program("--json", "eval", image, "--ckpt", path, "--text", self.text, "--stream", "256"))
        self.assertLess(abs(told["delta"]), 2e-3)

    def program(self, *words):
        done = subprocess.run([statestream(), *map(str, words)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_interrupted_and_resumed(self):
        whole, parts = self.folder / "whole.safetensors", self.folder / "parts.safetensors"
        self.assertEqual(self.command("--weights", "w4", "--steps", "6", "--out", str(whole))[0], 0)
        step = trainer.Run.step

        def stop_at_three(run):
            step(run)
            if run.done == 3:
                signal.raise_signal(signal.SIGINT)

        with unittest.mock.patch.object(trainer.Run, "step", stop_at_three):
            code, said = self.command("--weights", "w4", "--steps", "6", "--out", str(parts))
        self.assertEqual((code, "stopped after step 3" in said), (130, True))
        self.assertEqual(self.command("--weights", "w4", "--steps", "6", "--out", str(parts), "--resume")[0], 0)
        self.assertEqual(whole.read_bytes(), parts.read_bytes())

    def test_refusals(self):
        def refused(pattern, *words):
            code, said = self.command("--weights", "w4", "--steps", "1", *words)
            self.assertEqual(code, 2, said)
            self.assertRegex(said, pattern)

        refused("--rate 0.0: it must be above 0 .*; leave it out", "--rate", "0")
        strange = self.folder / "strange.txt"
        strange.write_text(self.text.read_text() + "Q")
        refused("'Q' is not among the checkpoint's .* tokens; give the text", "--text", str(strange))
        s5 = trainer.Settings("tiny", "gated", "s5", 8, 16, 1, 4, 4, 0.0, 1, None, 1, batch=4, segment=32)
        self.train(s5)
        refused("gated blocks with s5, only gated blocks with dws", "--out", str(self.folder / "x"))
        self.out.write_bytes(b"nothing")
        refused("give a checkpoint that scripts/train/train.py wrote")
        self.out.unlink()
        refused("give a checkpoint that scripts/train/train.py wrote")
        self.assertEqual([p.name for p in pathlib.Path(self.folder).glob("*_w4*")], [])


if __name__ == "__main__":
    unittest.main()
