"""The generators' answers against an independent reading of their sequences; learning; every refusal."""

import contextlib
import io
import json
import pathlib
import signal
import tempfile
import unittest

import torch

import synthetic
import trial

SEED = 11


def made(make, length):
    """Sequences and answers as lists."""
    tokens, answers = make(length, 20, torch.Generator().manual_seed(SEED))
    return zip(tokens.tolist(), answers.tolist())


class Tasks(unittest.TestCase):
    """Answers worked out again from the tokens alone."""

    def test_copying(self):
        for length in (1, 5, 24):
            for tokens, answers in made(trial.copying, length):
                at = tokens.index(trial.LETTERS)
                self.assertEqual((at, len(tokens)), (length, 2 * length))
                self.assertEqual(answers[:at], [trial.SILENT] * length)
                # behind the separator, the next token is the letter `length` + 1 places back
                self.assertEqual(answers[at:], tokens[:at])
                self.assertEqual(tokens[at + 1 :], answers[at:-1])

    def test_recall(self):
        for pairs in (1, 5, 32):
            for tokens, answers in made(trial.recall, pairs):
                first, second = tokens[: 2 * pairs], tokens[2 * pairs :]
                known = dict(zip(first[::2], first[1::2]))
                self.assertEqual(len(known), pairs)
                self.assertEqual(sorted(second[::2]), sorted(known))
                self.assertTrue(all(key < trial.KEYS <= value < 2 * trial.KEYS for key, value in known.items()))
                for at, (token, answer) in enumerate(zip(tokens, answers)):
                    asked = at >= 2 * pairs and at % 2 == 0
                    self.assertEqual(answer, known[token] if asked else trial.SILENT)
                self.assertEqual(second[1::2], [known[key] for key in second[::2]])

    def test_the_asked_keys_are_in_another_order(self):
        orders = [tokens[0:10:2] == tokens[10::2] for tokens, _ in made(trial.recall, 5)]
        self.assertIn(False, orders)

    def test_lengths_within_and_beyond_the_trained_ones_are_judged(self):
        for task in trial.TASK.values():
            self.assertEqual({length in task.lengths for length in task.judged}, {True, False})
            longest = task.make(max(task.judged), 1, torch.Generator())[0].shape[1]
            self.assertLessEqual(longest, trial.WINDOW)


class Answering(torch.nn.Module):
    """A model that copies by rule: what stands `back` places before, and one wrong answer."""

    def __init__(self, back, wrong):
        super().__init__()
        self.back, self.wrong = back, wrong

    def empty(self, batch):
        return []

    def forward(self, tokens, states):
        said = tokens.roll(self.back, 1)
        said[0, self.wrong] += 1
        return torch.nn.functional.one_hot(said, trial.LETTERS + 2).float(), states


class Learning(unittest.TestCase):
    """Both kinds of model."""

    def test_accuracy_counts_answers_and_whole_sequences(self):
        task = trial.TASK["copying"]
        for wrong, lost in ((15, 1), (2, 0)):  # a wrong answer where none is asked costs nothing
            answers, whole = trial.accuracy(Answering(8, wrong), task, 8)
            self.assertAlmostEqual(answers, 1 - lost / (8 * trial.JUDGED))
            self.assertAlmostEqual(whole, 1 - lost / trial.JUDGED)

    def test_both_have_the_same_parameters(self):
        for task in trial.TASK.values():
            ssm, other = (sum(p.numel() for p in trial.fresh(arch, task, 1).parameters()) for arch in synthetic.ARCHS)
            self.assertLess(abs(other / ssm - 1), 0.02)

    def test_both_learn_to_copy_two_letters(self):
        task = trial.Task(trial.copying, trial.LETTERS + 1, range(2, 3), (2,))
        for arch in synthetic.ARCHS:
            with self.subTest(arch=arch):
                model, losses = trial.fresh(arch, task, 1), []
                trial.learn(model, task, 60, 4e-3, 1, lambda _, loss: losses.append(loss))
                self.assertGreater(losses[0], 3.0)  # log 26 = 3.26 by chance
                self.assertLess(losses[-1], 1.0)
                self.assertGreater(trial.accuracy(model, task, 2)[0], 0.6)


class Command(unittest.TestCase):
    """The whole, tiny; and what it refuses."""

    def call(self, *words):
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        told, said = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told):
                code = synthetic.main(["--task", "recall", *words])
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return code, told.getvalue(), said.getvalue()

    def test_table_and_json_agree(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "told.json"
            code, table, _ = self.call("--steps", "2", "--seeds", "1", "--json", str(path))
            told = json.loads(path.read_text())
        self.assertEqual((code, [r["arch"] for r in told["runs"]]), (0, ["ssm", "transformer"]))
        first = told["runs"][0]["accuracy"][0]
        self.assertIn(f"| {100 * first['answers']:.1f} / {100 * first['whole']:.0f} |", table)
        self.assertIn("24* | 32* |", table)

    def test_refusals(self):
        for words, pattern in (
            (("--steps", "0"), "--steps 0: it must be at least 1; leave it out"),
            (("--seeds", "0"), "--seeds 0: it must be at least 1; leave it out"),
            (("--rate", "1.5"), "--rate 1.5: it must be above 0 and below 1; leave it out"),
        ):
            code, _, said = self.call(*words)
            self.assertEqual(code, 2)
            self.assertIn(pattern, said)


if __name__ == "__main__":
    unittest.main()
