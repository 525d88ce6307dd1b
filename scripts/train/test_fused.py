"""The compiled middle of a block against the plain one."""

import os
import pathlib
import sys
import unittest
from unittest import mock

import torch

import fused
from model import Config, Model

if fused.library() is None:
    # a skip nobody sees is a pass nobody earned, and unittest only counts them
    print("SKIPPED Fused: no C++ compiler; install g++", file=sys.stderr)

# d_inner 48 is three vectors: uneven over two threads.
SHAPES = [(48, 1, 4), (48, 4, 4), (16, 1, 0), (32, 16, 0)]


def made(inner, states, taps):
    """A small random model, every parameter moved."""
    torch.manual_seed(3)
    model = Model(Config("gated", "dws", 11, 12, inner, 2, states, taps))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def results(model, x, states):
    """Logits, states behind and gradients."""
    model.zero_grad()
    logits, behind = model(x, states)
    logits.logsumexp(-1).mean().backward()
    carried = [s.detach() for layer in behind for s in layer.values()]
    return [logits.detach(), *carried, *[p.grad for p in model.parameters()]]


@unittest.skipIf(fused.library() is None, "no C++ compiler; install g++")
class Fused(unittest.TestCase):
    """Equal up to float32's rounding, whatever the shape."""

    def compare(self, shape):
        model = made(*shape)
        x = torch.randint(0, 11, (3, 37), generator=torch.Generator().manual_seed(5))
        _, states = model(x, model.empty(3))
        states = [{name: s.detach() for name, s in layer.items()} for layer in states]
        quick = results(model, x, states)
        with mock.patch.object(fused, "serves", return_value=False):
            plain = results(model, x, states)
        self.assertGreater(max(q.abs().max() for q in quick), 0.1)
        for a, b in zip(quick, plain, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=2e-6)

    def test_equals_the_plain_form(self):
        for shape in SHAPES:
            with self.subTest(shape=shape):
                self.compare(shape)

    def test_threads_change_nothing(self):
        model, x, before = made(48, 1, 4), torch.arange(22).view(2, 11) % 11, torch.get_num_threads()
        alone = results(model, x, model.empty(2))
        try:
            torch.set_num_threads(2)
            both = results(model, x, model.empty(2))
        finally:
            torch.set_num_threads(before)
        for a, b in zip(alone, both, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)

    def test_is_used_where_it_serves_and_only_there(self):
        x = torch.zeros(1, 2, 32)
        self.assertTrue(fused.serves(made(16, 1, 4).config, x))
        self.assertFalse(fused.serves(made(24, 1, 4).config, x))
        self.assertFalse(fused.serves(made(16, 1, 4).config, x.double()))
        self.assertFalse(fused.serves(Config("gated", "s5", 11, 12, 16, 2, 4, 4), x))
        self.assertFalse(fused.serves(Config("gated", "dws", 11, 12, 16, 2, 1, 4, activation="relu"), x))

    def test_plain_on_request_and_without_a_compiler(self):
        for change in (mock.patch.dict(os.environ, STATESTREAM_PLAIN="1"), mock.patch.object(fused, "compiled", return_value=None)):
            with change:
                fused.library.cache_clear()
                self.assertIsNone(fused.library())
        fused.library.cache_clear()
        self.assertTrue(pathlib.Path(fused.compiled()).is_file())


if __name__ == "__main__":
    unittest.main()
