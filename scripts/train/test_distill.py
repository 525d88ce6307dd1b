"""Mixing matrices against what the models compute, stages on a tiny pair, whole runs, every refusal."""

import contextlib
import dataclasses
import io
import signal
import unittest
from unittest import mock

import torch

import distill
import export
import mohawk
import model as family
import test_train
import trainer
import transformer

# its teacher has 2 layers and 4 heads
STUDENT = dataclasses.replace(test_train.TINY, channels=16, d_inner=32, num_blocks=4, dropout=0.0)


def moved(model):
    """Every parameter moved, so that no default hides a mistake."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def pair(vocab_size=11):
    """A tiny teacher and a student for it."""
    torch.manual_seed(3)
    ssm = STUDENT.config(vocab_size)
    teacher = moved(transformer.Transformer(transformer.like(ssm, 12)))
    return mohawk.Teacher(teacher), moved(family.Model(ssm))


def tokens(batch, length):
    """Random ones, (b, t)."""
    return torch.randint(0, 11, (batch, length), generator=torch.Generator().manual_seed(5))


class Mixing(unittest.TestCase):
    """A matrix times a sequence is what the parallel form computes, for one state per channel and for several."""

    def blocks(self):
        """Blocks in double precision, and input (b, t, i)."""
        for states in (1, 3):
            torch.manual_seed(7)
            config = dataclasses.replace(STUDENT, num_states=states).config(11)
            yield moved(family.Block(config, 0.0)).double(), torch.randn(2, 19, config.inner, dtype=torch.float64)

    def apply(self, matrices, v):
        """(i, t, t) times v (b, t, i)."""
        return torch.einsum("its,bsi->bti", matrices, v)

    @torch.no_grad()
    def test_ssm_and_d(self):
        for block, v in self.blocks():
            y, _ = block.ssm_layer.parallel(v, None)
            mixed = self.apply(mohawk.toeplitz(mohawk.kernel(block, 19)), v)
            torch.testing.assert_close(mixed, y + block.D * v, rtol=0, atol=1e-12)

    @torch.no_grad()
    def test_taps(self):
        for block, v in self.blocks():
            y, _ = block.pre_conv(v, block.empty(2)["conv"])
            torch.testing.assert_close(self.apply(mohawk.toeplitz(mohawk.taps(block, 19)), v), y, rtol=0, atol=1e-12)

    @torch.no_grad()
    def test_taps_then_ssm(self):
        """The block's own middle, its SiLU made the identity and its gate held open."""
        for block, v in self.blocks():
            block.activate = lambda x: x
            x = torch.cat([v, torch.ones_like(v)], -1)
            y, _ = family.middle_plain(family.scan_parallel, block, x, block.empty(2))
            torch.testing.assert_close(self.apply(mohawk.mixing(block, 19), v), y, rtol=0, atol=1e-12)

    @torch.no_grad()
    def test_shares_are_means_over_the_channels_of_a_head(self):
        for block, _ in self.blocks():
            matrices = mohawk.mixing(block, 9)
            shares = mohawk.shares(block, 2, 9)
            torch.testing.assert_close(shares, torch.stack([matrices[:16].mean(0), matrices[16:].mean(0)]), rtol=0, atol=1e-12)
            self.assertTrue(shares.triu(1).eq(0).all())

    def test_shorter_than_the_taps(self):
        for block, _ in self.blocks():
            torch.testing.assert_close(mohawk.mixing(block, 2), mohawk.mixing(block, 19)[:, :2, :2], rtol=0, atol=1e-12)


class Stages(unittest.TestCase):
    """Objectives."""

    def lower(self, objective, steps=60):
        """First and last value of an objective under Adam, and which parameters moved."""
        teacher, student = pair()
        optimiser = torch.optim.Adam(student.parameters(), 0.01)
        before = {name: p.detach().clone() for name, p in student.named_parameters()}
        values = []
        for _ in range(steps):
            loss = objective(student, teacher, tokens(4, 24))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            values.append(loss.item())
        changed = {name for name, p in student.named_parameters() if not p.equal(before[name])}
        return values[0], values[-1], changed

    def test_orientation_lowers_and_moves_only_what_mixes_in_every_other_block(self):
        first, last, changed = self.lower(mohawk.orientation)
        self.assertLess(last, 0.5 * first)
        names = ("D", "pre_conv.weight", "ssm_layer.A", "ssm_layer.log_dt", "ssm_layer.E")
        self.assertEqual(changed, {f"backbone.{i}.{name}" for i in (0, 2) for name in names})

    def test_alignment_lowers_and_moves_blocks_only(self):
        first, last, changed = self.lower(mohawk.alignment)
        self.assertLess(last, 0.7 * first)
        self.assertTrue(all(name.startswith("backbone.") for name in changed))
        self.assertEqual({name.split(".")[1] for name in changed}, {"0", "1", "2", "3"})

    def test_alignment_is_one_where_the_student_adds_nothing(self):
        teacher, student = pair()
        for block in student.backbone:
            block.out_proj.weight.data.zero_(), block.out_proj.bias.data.zero_()
        self.assertAlmostEqual(mohawk.alignment(student, teacher, tokens(2, 9)).item(), 1.0, places=5)

    def test_orientation_is_zero_where_the_matrices_are_equal(self):
        teacher, student = pair()
        every = [mohawk.shares(block, 2, 9).detach()[None].repeat(3, 1, 1, 1) for block in student.backbone[::2]]
        with mock.patch.object(teacher, "matrices", return_value=every):
            self.assertAlmostEqual(mohawk.orientation(student, teacher, tokens(3, 9)).item(), 0.0, places=6)

    def test_no_toeplitz_matrix_is_below_the_floor_and_the_best_one_is_on_it(self):
        teacher, student = pair()
        x = tokens(3, 9)
        least = mohawk.floor(teacher, x)
        kernels = torch.zeros(2, 4, 9, requires_grad=True)
        optimiser = torch.optim.LBFGS([kernels], max_iter=100)

        def distance():
            optimiser.zero_grad()
            with mock.patch.object(mohawk, "shares", side_effect=[mohawk.toeplitz(k) for k in kernels]):
                loss = mohawk.orientation(student, teacher, x)
            loss.backward()
            return loss

        optimiser.step(distance)
        self.assertGreater(least, 0.0)
        self.assertAlmostEqual(distance().item(), least, places=5)
        self.assertGreater(mohawk.orientation(student, teacher, x).item(), least)

    @torch.no_grad()
    def test_what_the_teacher_says_is_what_its_model_says(self):
        teacher, _ = pair()
        x = tokens(2, 20)
        logits, _ = teacher.model(x, teacher.model.empty(2))
        last = family.normalise(teacher.hidden(x)[-1], teacher.model.config.norm_eps)
        torch.testing.assert_close(teacher.model.head(last), logits, rtol=0, atol=1e-5)
        self.assertEqual(len(teacher.matrices(x)), 2)


class Runs(test_train.Folder):
    """The command's own path: a teacher trained by the trainer, a student distilled from it."""

    def setUp(self):
        super().setUp()
        self.teacher = self.folder / "teacher.safetensors"
        like = dataclasses.replace(STUDENT, arch="transformer", steps=40)
        trainer.train(like, self.text, self.teacher, False, lambda: False, test_train.quiet)

    def distil(self, out, resume=False, stopped=lambda: False, say=test_train.quiet, steps=20):
        choice = mohawk.settings(dataclasses.replace(STUDENT, steps=steps), self.teacher)
        teacher, start = mohawk.read_teacher(self.teacher, choice)
        make = lambda *rest: mohawk.Distillation(teacher, *rest)
        return trainer.train(choice, self.text, out, resume, stopped, say, start, make)

    def test_an_interrupted_run_says_where_and_ends_as_the_uninterrupted_one(self):
        whole, parts = self.folder / "whole.safetensors", self.folder / "parts.safetensors"
        lines = []
        self.distil(whole, say=lines.append)
        stops = ((1, "1 .mixing matrices., step 1"), (3, "2 .hidden states., step 4"), (7, "3 .logits., step 11"))
        for steps, where in stops:
            calls, resume = iter(range(1, 100)), steps > 1
            with self.assertRaisesRegex(trainer.Interrupted, f"stopped after stage {where}, kept in .*--resume goes on"):
                self.distil(parts, resume, lambda: next(calls) == steps)
        self.distil(parts, resume=True)
        self.assertEqual(whole.read_bytes(), parts.read_bytes())
        self.assertIn("statestream pack", lines[-1])
        model, _, provenance = export.read(whole)
        self.assertIsInstance(model, family.Model)
        self.assertRegex(provenance, "train.py: tiny, transformer.*distill.py: distilled .* into tiny, gated blocks")

    def test_the_student_learns(self):
        losses = self.distil(self.folder / "whole.safetensors", steps=80)
        self.assertLess(losses[256], 1.6)  # 2.5 for what has learnt nothing

    def test_every_stage_warms_up_and_falls(self):
        choice = mohawk.settings(dataclasses.replace(STUDENT, steps=1000), self.teacher)
        teacher, _ = mohawk.read_teacher(self.teacher, choice)
        run, rates = mohawk.Distillation(teacher, choice, test_train.data.read_text(self.text, choice.segment)), []
        for run.done in range(1000):
            rates.append(run.rate() / choice.rate)
        for first, last, most in ((0, 100, 15.0), (100, 350, 1.0), (350, 1000, 1.0)):
            stage = rates[first:last]
            self.assertAlmostEqual(stage[0], 0.1 * most)
            self.assertTrue(0.97 * most < max(stage) <= most)
            self.assertLess(stage[-1], 0.03 * most)

    def test_embedding_and_head_are_the_teachers_until_the_last_stage(self):
        choice = mohawk.settings(STUDENT, self.teacher)
        teacher, _ = mohawk.read_teacher(self.teacher, choice)
        run = mohawk.Distillation(teacher, choice, test_train.data.read_text(self.text, choice.segment))
        while run.stage() < 2:
            self.assertTrue(run.model.head.weight.equal(teacher.head.weight))
            run.step()
        self.assertTrue(run.model.embedding.weight.equal(teacher.embedding.weight))
        run.step()
        self.assertFalse(run.model.embedding.weight.equal(teacher.embedding.weight))

    def refused(self, pattern, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        out, said = self.folder / "student.safetensors", io.StringIO()
        base = ["--text", self.text, "--teacher", self.teacher, "--size", "s", "--steps", "1", "--out", out]
        try:
            with contextlib.redirect_stderr(said):
                code = distill.main(list(map(str, [*base, *words])))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        self.assertEqual(code, 2)
        self.assertRegex(said.getvalue(), pattern)
        self.assertFalse(out.exists())

    def test_refusals(self):
        self.refused("16 channels and 2 layers ask for 4 blocks .*; size s has 4 of 96; give the transformer of the same size")
        self.refused("--teacher .*none: No such file or directory; give a checkpoint of", "--teacher", self.folder / "none")
        self.refused("text.txt: .*; give a checkpoint that scripts/train/train.py wrote", "--teacher", self.text)
        student = self.folder / "ssm.safetensors"
        self.train(STUDENT, student)
        self.refused("gated blocks with dws, a teacher is a transformer; train one with", "--teacher", student)
        with mock.patch.dict(trainer.SIZES, s=(16, 32, 4, 0.0, 5)):
            self.text.write_text(self.text.read_text() + "Q")
            self.refused("'Q' is not among the checkpoint's .* tokens; give the text", "--teacher", self.teacher)

    def test_a_run_is_not_taken_up_with_another_teacher(self):
        out = self.folder / "student.safetensors"
        with self.assertRaises(trainer.Interrupted):
            self.distil(out, stopped=lambda: True)
        other = dataclasses.replace(STUDENT, arch="transformer", steps=2)
        trainer.train(other, self.text, self.teacher, False, lambda: False, test_train.quiet)
        with self.assertRaisesRegex(trainer.UserError, "has start .*, the command says .*; repeat its command"):
            self.distil(out, resume=True)


if __name__ == "__main__":
    unittest.main()
