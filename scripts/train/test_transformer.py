"""The transformer: what it sees, what it carries, its size, its file, its costs."""

import contextlib
import dataclasses
import io
import json
import math
import pathlib
import signal
import subprocess
import tempfile
import unittest

import torch

import compare
import costs
import export
import model as family
import test_model
import test_train
import train as command_line
import trainer
import transformer
from errors import UserError

TINY = transformer.Config(vocab_size=11, channels=16, num_layers=2, heads=2, hidden=24, window=12)
SSM = family.Config("gated", "dws", 65, 128, 256, 6, 1, 4)


def made(config=TINY):
    """A small random model, every parameter moved."""
    torch.manual_seed(3)
    made = transformer.Transformer(config)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return made


def tokens(batch, length):
    """Random ones, (b, t)."""
    return torch.randint(0, 11, (batch, length), generator=torch.Generator().manual_seed(5))


def logits(model, x):
    """From the empty state."""
    return model(x, model.empty(len(x)))[0]


class Seen(unittest.TestCase):
    """Which tokens an answer depends on."""

    @torch.no_grad()
    def moved(self, model, at):
        """Where the logits change (t, bool) when token `at` of 40 does."""
        x = tokens(1, 40)
        other = x.clone()
        other[0, at] = (other[0, at] + 1) % 11
        return (logits(model, x) != logits(model, other)).any(-1)[0]

    def test_a_token_changes_no_earlier_logit_and_its_own(self):
        for at in (0, 13, 39):
            moved = self.moved(made(), at)
            self.assertFalse(moved[:at].any())
            self.assertTrue(moved[at])

    def test_a_token_reaches_as_far_as_windows_upon_windows(self):
        reach = TINY.num_layers * (TINY.window - 1)
        moved = self.moved(made(), 3)
        self.assertTrue(moved[3 : 3 + reach + 1].all())
        self.assertFalse(moved[3 + reach + 1 :].any())

    @torch.no_grad()
    def test_attention_is_what_the_formula_says(self):
        """softmax over the window of rotated q k / sqrt(c), written out token by token in complex numbers."""
        layer, n = made().layers[0].attention, torch.randn(1, 20, 16)
        gain, _ = layer(n, layer.empty(1))
        q, k, v = layer.qkv_proj(n)[0].view(20, 3, 2, 8).unbind(1)
        wave = transformer.BASE ** (-torch.arange(4) / 4)
        turned = lambda x: torch.complex(x[..., :4], x[..., 4:]) * torch.exp(1j * torch.arange(20)[:, None, None] * wave)
        q, k, out = turned(q), turned(k), torch.zeros(20, 2, 8)
        for t in range(20):
            for h in range(2):
                near = range(max(0, t - TINY.window + 1), t + 1)
                weights = torch.stack([(q[t, h] * k[s, h].conj()).real.sum() / math.sqrt(8) for s in near]).softmax(0)
                out[t, h] = sum(w * v[s, h] for w, s in zip(weights, near))
        torch.testing.assert_close(gain[0], layer.out_proj(out.flatten(1)), rtol=1e-5, atol=1e-5)

    @torch.no_grad()
    def test_mixing_matrices_are_those_of_the_attention(self):
        layer, n = made().layers[1].attention, torch.randn(3, 30, 16)
        v = layer.split(n, layer.empty(3))[2]
        mixed = layer.out_proj((layer.matrices(n) @ v).transpose(1, 2).flatten(2))
        torch.testing.assert_close(mixed, layer(n, layer.empty(3))[0], rtol=0, atol=1e-5)


class Carried(unittest.TestCase):
    """Keys and values across segments."""

    @torch.no_grad()
    def test_a_text_in_segments_is_the_text_in_one(self):
        model, x = made(), tokens(2, 50)
        whole, behind = model(x, model.empty(2))
        for lengths in ([1, 2, 17, 30], [12, 12, 12, 14], [1] * 50):
            parts, states = [], model.empty(2)
            for part in x.split(lengths, 1):
                one, states = model(part, states)
                parts.append(one)
            torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-4)
            for a, b in zip(behind, states):
                self.assertTrue(a["seen"].equal(b["seen"]))
                torch.testing.assert_close(a["k"], b["k"], rtol=0, atol=1e-4)
                torch.testing.assert_close(a["v"], b["v"], rtol=0, atol=1e-4)

    @torch.no_grad()
    def test_a_stream_that_jumps_starts_from_nothing_and_its_neighbour_does_not(self):
        model = made()
        _, states = model(tokens(2, 9), model.empty(2))
        x = tokens(2, 20)[:, 9:]
        after, _ = model(x, trainer.forgotten(states, torch.tensor([True, False])))
        torch.testing.assert_close(after[0], logits(model, x)[0], rtol=0, atol=1e-5)
        torch.testing.assert_close(after[1], model(x, states)[0][1], rtol=0, atol=1e-5)
        self.assertGreater((after[1] - logits(model, x)[1]).abs().max(), 0.01)

    def test_no_gradient_crosses_the_seam(self):
        model = made()
        _, states = model(tokens(1, 9), model.empty(1))
        self.assertFalse(any(tensor.requires_grad for layer in states for tensor in layer.values()))


class Size(unittest.TestCase):
    """Of the same size as the SSM."""

    def test_parameters_are_within_two_percent(self):
        for size, ssm, count in (("s", 243_648, 243_264), ("m", 626_432, 628_736), ("l", None, None)):
            args = ["--text", "x", "--size", size]
            here = [trainer.settings(command_line.arguments([*args, "--arch", arch])) for arch in ("ssm", "transformer")]
            counts = [sum(p.numel() for p in trainer.ARCH[c.arch](c.config(65)).parameters()) for c in here]
            self.assertLess(abs(counts[1] / counts[0] - 1), 0.02)
            self.assertEqual(here[0].dropout, here[1].dropout)
            if ssm:
                self.assertEqual(counts, [ssm, count])

    def test_weights_that_multiply_decay_and_gains_do_not(self):
        model = made()
        matrices, gains = trainer.optimiser(model).param_groups
        self.assertEqual(sum(p.numel() for p in matrices["params"] + gains["params"]), sum(p.numel() for p in model.parameters()))
        self.assertEqual({p.dim() for p in gains["params"]}, {1})

    def test_costs_of_m(self):
        """Worked out by hand: 3 layers of 4 d^2 + 3 d h, the head d V; 6 blocks of in_proj and out_proj."""
        c = costs.of(transformer.Transformer(transformer.like(SSM)), 1024)
        self.assertEqual(c.weight_macs, 3 * (4 * 128 * 128 + 3 * 128 * 360) + 128 * 65)
        self.assertEqual((c.mixing_macs, c.state_bytes), (3 * 2 * 128 * 1024, 3 * 2 * 128 * 1024 * 2))
        c = costs.of(family.Model(SSM), 1024)
        self.assertEqual(c.weight_macs, 6 * (128 * 512 + 256 * 128) + 128 * 65)
        # taps 4; a s is 4 products, k u and D u one each, the read-out 2
        self.assertEqual((c.mixing_macs, c.state_bytes), (6 * 256 * (4 + 4 + 1 + 2 + 1), 6 * 256 * (3 + 2) * 2))

    def test_costs_of_s5_count_its_matrices_as_weights(self):
        config = dataclasses.replace(SSM, ssm="s5", num_states=8)
        c = costs.of(family.Model(config), 1024)
        self.assertEqual(c.weight_macs, 6 * (128 * 512 + 256 * 128 + 3 * 8 * 256) + 128 * 65)
        self.assertEqual((c.mixing_macs, c.state_bytes), (6 * (256 * 5 + 5 * 8), 6 * (256 * 3 + 2 * 8) * 2))


class Commands(test_train.Folder):
    """train.py and compare.py with a transformer."""

    CHOICE = dataclasses.replace(test_train.TINY, arch="transformer")

    def call(self, module, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        told, said = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told):
                code = module.main(list(map(str, words)))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return code, told.getvalue(), said.getvalue()

    def test_reading_back_gives_the_model(self):
        letters, model = test_model.LETTERS, made()
        export.write(self.out, model, letters, "a test")
        again, vocab, provenance = export.read(self.out)
        self.assertEqual((again.config, vocab, provenance), (model.config, letters, "a test"))
        self.assertTrue(logits(again, tokens(1, 30)).equal(logits(model, tokens(1, 30))))

    def test_an_interrupted_run_ends_as_the_uninterrupted_one(self):
        whole, parts = self.folder / "whole.safetensors", self.folder / "parts.safetensors"
        self.train(self.CHOICE, whole)
        calls = iter(range(1, 100))
        with self.assertRaises(trainer.Interrupted):
            self.train(self.CHOICE, parts, stopped=lambda: next(calls) == 5)
        self.train(self.CHOICE, parts, resume=True)
        self.assertEqual(whole.read_bytes(), parts.read_bytes())
        self.assertIn("tiny, transformer, rate 0.004; trained on", export.read(whole)[2])

    def test_the_loss_falls(self):
        losses = self.train(dataclasses.replace(self.CHOICE, steps=80))
        self.assertLess(losses[256], 1.2)

    def test_flags_of_an_ssm_are_refused(self):
        for words, flag in ((("--ssm", "s5"), "--ssm"), (("--states", "4"), "--states"), (("--block", "plain"), "--block plain")):
            code, _, said = self.call(command_line, "--text", self.text, "--size", "s", "--arch", "transformer", *words)
            self.assertEqual(code, 2)
            self.assertIn(f"{flag}: --arch transformer has neither blocks of that kind nor states; leave it out, or use", said)

    def test_the_rate_is_refused_out_of_its_range(self):
        code, _, said = self.call(command_line, "--text", self.text, "--size", "s", "--rate", "1.5")
        self.assertEqual(code, 2)
        self.assertIn("--rate 1.5: it must be above 0 and below 1; leave it out for 0.004", said)

    def test_compare_tells_what_the_trainer_measured(self):
        other, report = self.folder / "ssm.safetensors", self.folder / "told.json"
        losses = self.train(self.CHOICE)
        self.train(test_train.TINY, other)
        code, table, _ = self.call(compare, self.out, other, "--text", self.text, "--json", report)
        told = json.loads(report.read_text())
        self.assertEqual((code, [m["arch"] for m in told]), (0, ["transformer", "ssm"]))
        self.assertAlmostEqual(told[0]["nats"], losses[256], places=6)
        self.assertIn(f"| {losses[256]:.4f} |", table)

    def test_compare_refuses(self):
        code, _, said = self.call(compare, self.text, "--text", self.text)
        self.assertEqual(code, 2)
        self.assertIn("give a checkpoint that scripts/train/train.py wrote", said)
        self.train(self.CHOICE)
        self.text.write_text(self.text.read_text() + "Q")
        code, _, said = self.call(compare, self.out, "--text", self.text)
        self.assertEqual(code, 2)
        self.assertIn("'Q' is not among the checkpoint's", said)
        code, _, said = self.call(compare, self.out, "--text", self.text, "--context", "0")
        self.assertEqual(code, 2)
        self.assertIn("--context 0: it must be at least 1; leave it out for 1024", said)


@unittest.skipUnless(test_model.statestream(), test_model.ABSENT)
class AgainstRust(unittest.TestCase):
    """`statestream pack` takes SSMs only."""

    def test_pack_refuses_it_and_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.safetensors"
            export.write(path, made(), test_model.LETTERS, "a test")
            done = subprocess.run([test_model.statestream(), "pack", path, "-o", path.with_suffix(".img")], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("arch is `transformer`, the machine runs state-space models only; train one with", done.stderr)


if __name__ == "__main__":
    unittest.main()
