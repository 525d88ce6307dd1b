"""Runs, resumed runs, data, and every refusal."""

import contextlib
import dataclasses
import io
import os
import pathlib
import random
import signal
import tempfile
import unittest

import torch

import data
import export
import train as command_line
import trainer
from errors import UserError

TINY = trainer.Settings("tiny", "gated", "dws", 8, 16, 2, 1, 4, 0.1, 12, None, 1, batch=4, segment=32)


def quiet(_):
    """Says nothing."""


class Folder(unittest.TestCase):
    """A temporary folder with a text that has something to learn."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.text = self.folder / "text.txt"
        words = random.Random(1).choices(["the ", "sea ", "and ", "tide\n"], k=1500)
        self.text.write_text("".join(words))
        self.out = self.folder / "model.safetensors"

    def train(self, choice=TINY, out=None, resume=False, stopped=lambda: False):
        return trainer.train(choice, self.text, out or self.out, resume, stopped, quiet)


class Training(Folder):
    """Whole runs."""

    def test_the_loss_falls(self):
        losses = self.train(dataclasses.replace(TINY, steps=80))
        # log(12) = 2.5 for what has learnt nothing; a word's letters are certain, words are one of four
        self.assertLess(losses[256], 1.2)
        self.assertIn("80 steps of 4 x 32 characters", export.read(self.out)[2])

    def test_an_interrupted_run_ends_as_the_uninterrupted_one(self):
        for choice in (TINY, trainer.Settings("tiny", "plain", "s5", 8, 0, 2, 4, 0, 0.1, 12, None, 1, batch=4, segment=32)):
            with self.subTest(block=choice.block):
                whole, parts = self.folder / "whole.safetensors", self.folder / "parts.safetensors"
                self.train(choice, whole)
                for resume, steps in ((False, 3), (True, 4)):
                    calls = iter(range(1, 100))
                    with self.assertRaisesRegex(trainer.Interrupted, "--resume goes on"):
                        self.train(choice, parts, resume, lambda: next(calls) == steps)
                self.train(choice, parts, resume=True)
                self.assertEqual(whole.read_bytes(), parts.read_bytes())
                self.assertEqual([p.name for p in self.folder.glob("*.resume")], [])

    def test_ctrl_c_keeps_the_run(self):
        """The signal itself, through the command, at a step that a line announces."""
        sizes = {"s": (8, 16, 2, 0.0, 5)}
        old_sizes, old_step = trainer.SIZES, trainer.Run.step
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

        def step(run):
            old_step(run)
            if run.done == 2:
                os.kill(os.getpid(), signal.SIGINT)

        words = ["--text", str(self.text), "--size", "s", "--steps", "4", "--out", str(self.out)]
        said = io.StringIO()
        try:
            trainer.SIZES, trainer.Run.step = sizes, step
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                self.assertEqual(command_line.main(words), 130)
                kept = torch.load(trainer.resume_path(self.out), weights_only=True)
                self.assertEqual(kept["done"], 2)
                self.assertEqual(command_line.main(words), 2)
                self.assertEqual(command_line.main([*words, "--resume"]), 0)
        finally:
            trainer.SIZES, trainer.Run.step = old_sizes, old_step
            for number, handler in handlers.items():
                signal.signal(number, handler)
        self.assertIn("stopped after step 2", said.getvalue())
        self.assertIn("holds an interrupted run; go on with --resume, or delete it", said.getvalue())
        self.assertTrue(self.out.exists())

    def test_minutes_end_a_run(self):
        self.train(dataclasses.replace(TINY, steps=None, minutes=0.005))
        self.assertTrue(self.out.exists())

    def test_the_sizes_have_the_parameters_of_the_shipped_models(self):
        for size, count in (("s", 243_648), ("m", 626_432)):
            choice = trainer.settings(command_line.arguments(["--text", "x", "--size", size]))
            model = trainer.Model(choice.config(65))
            self.assertEqual(sum(p.numel() for p in model.parameters()), count)


class Data(Folder):
    """Streams and windows."""

    def test_streams_follow_the_text_and_jump(self):
        streams = data.Streams(torch.arange(1000), 4, 10, 7)
        before, _ = streams.next()
        jumped = 0
        for _ in range(50):
            segments, jumps = streams.next()
            self.assertTrue((segments.diff() == 1).all())
            goes_on = segments[:, 0] == before[:, -1]
            self.assertTrue((goes_on | jumps).all())
            jumped, before = jumped + int(jumps.sum()), segments
        self.assertGreater(jumped, 0)

    def test_a_jump_empties_the_state_of_its_stream_alone(self):
        state = torch.ones(3, 2, 2)
        self.assertEqual(trainer.forget(state, torch.tensor([False, True, False])).sum((1, 2)).tolist(), [4, 0, 4])

    def test_tokens_are_characters_where_they_are_few_and_bytes_for_any_text(self):
        def tokens(raw, kind="auto"):
            self.text.write_bytes(raw)
            text = data.read_text(self.text, 32, kind=kind)
            return text.vocab, torch.cat([text.train, text.valid]).tolist()

        few = "naïve ".encode() * 600
        vocab, ids = tokens(few)
        self.assertEqual("".join(vocab[i] for i in ids).encode(), few)
        self.assertEqual(len(vocab), 6)
        many = "".join(map(chr, range(0x4E00, 0x4E00 + 257))).encode() * 20
        for raw, kind in ((few, "bytes"), (many, "auto"), (bytes(range(256)) * 20, "auto")):
            vocab, ids = tokens(raw, kind)
            self.assertEqual((len(vocab), bytes(ids)), (256, raw))
        self.assertEqual([vocab[65], vocab[0xE9]], ["A", "<0xE9>"])

    def test_windows_are_those_of_statestream_eval(self):
        rows = data.windows(torch.arange(25), 8)
        self.assertEqual(rows[:, 0].tolist(), [0, 8, 16])
        self.assertEqual(rows[:, -1].tolist(), [8, 16, 24])
        self.assertEqual(data.windows(torch.arange(5), 8).tolist(), [[0, 1, 2, 3, 4]])


class Refusals(Folder):
    """One sentence each: value, place, rule, next command; exit code 2."""

    def refused(self, pattern, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                code = command_line.main(["--text", str(self.text), "--size", "s", "--steps", "1", "--out", str(self.out), *words])
        except SystemExit as error:  # argparse
            code = error.code
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        self.assertEqual(code, 2)
        self.assertRegex(said.getvalue(), pattern)
        self.assertNotIn("Traceback", said.getvalue())
        self.assertFalse(self.out.exists())

    def test_texts(self):
        self.refused("none.txt: No such file or directory; give the path", "--text", str(self.folder / "none.txt"))
        self.text.write_text("")
        self.refused("0 characters, at least .* are needed .*; give a longer text")
        self.text.write_text("short")
        self.refused("5 characters, at least .* are needed .*; give a longer text")
        self.text.write_bytes(b"x" * 5000 + b"\xe9")
        self.refused("byte 5000 is 0xe9, which is no UTF-8.*; convert it, .* or train with --vocab bytes", "--vocab", "characters")
        self.text.write_text("".join(map(chr, range(0x4E00, 0x4E00 + 257))) * 20, encoding="utf-8")
        self.refused("257 different characters, at most 256 can be tokens; leave --vocab out", "--vocab", "characters")

    def test_flags(self):
        self.refused("invalid choice: 'xl'", "--size", "xl")
        self.refused("--ssm dws: a plain block .* use --ssm s5", "--block", "plain", "--ssm", "dws")
        self.refused("--states 17: with --ssm dws it must be 1 to 16; choose", "--states", "17")
        self.refused("--states 0: with --ssm s5 it must be 1 to 4096; choose", "--ssm", "s5", "--states", "0")
        self.refused("--steps 0: it must be at least 1; leave it out", "--steps", "0")
        self.refused("--minutes 0.0: it must be above 0 .*; leave it out", "--minutes", "0")
        self.refused("--seed -1: it must be 0 to", "--seed", "-1")

    def test_a_place_that_cannot_be_written(self):
        self.refused("(Not a directory|File exists); give another path with --out", "--out", str(self.text / "model.safetensors"))

    def test_resume_files(self):
        kept = trainer.resume_path(self.out)
        self.refused("is not there, so no run was interrupted; leave --resume out", "--resume")
        kept.write_bytes(b"not a run")
        self.refused("is damaged .*; delete it and train from the start", "--resume")
        choice = trainer.settings(command_line.arguments(["--text", str(self.text), "--size", "s", "--steps", "1"]))
        run = trainer.Run(choice, data.read_text(self.text, choice.segment))
        trainer.keep(run, kept)
        self.refused("has seed 1, the command says 2; repeat its command", "--resume", "--seed", "2")
        whole = kept.read_bytes()
        kept.write_bytes(whole[: len(whole) // 2])
        self.refused("is damaged .*; delete it and train from the start", "--resume")
        saved = run.saved()
        del saved["streams"]
        torch.save(saved, kept)
        self.refused("is damaged .*; delete it and train from the start", "--resume")
        kept.write_bytes(whole)
        self.text.write_text(self.text.read_text()[::-1])
        self.refused("was trained on another text .*; give the same text", "--resume")

    def test_a_loss_that_is_not_finite(self):
        run = trainer.Run(TINY, data.read_text(self.text, TINY.segment))
        run.model.head.weight.data[0, 0] = float("nan")
        with self.assertRaisesRegex(UserError, "the loss is nan at step 1; train again"):
            run.step()


if __name__ == "__main__":
    unittest.main()
