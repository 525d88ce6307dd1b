"""Runs that learn from another model's predictions (Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network")."""

import torch
import torch.nn.functional as F

import trainer


class Imitation(trainer.Run):
    """A run with a teacher beside it. Both read the same streams, and both carry their states."""

    def __init__(self, teacher, choice, text, model=None):
        super().__init__(choice, text, model)
        self.guide = teacher.to(choice.device).requires_grad_(False).eval()
        self.guide_states = self.guide.empty(choice.batch)

    def imitate(self, tokens, jumps):
        """Logits over tokens (b, t) in f32, and their cross-entropy with the teacher's probabilities."""
        with torch.no_grad():
            target, self.guide_states = self.guide(tokens, trainer.forgotten(self.guide_states, jumps))
        logits, self.states = self.model(tokens, trainer.forgotten(self.states, jumps))
        logits = logits.float()
        return logits, F.cross_entropy(logits.mT, target.float().softmax(-1).mT)

    def saved(self):
        """With the teacher's states."""
        return {**super().saved(), "guide_states": self.guide_states}

    def restore(self, saved):
        """The other way."""
        super().restore(saved)
        self.guide_states = [{n: s.to(self.choice.device) for n, s in layer.items()} for layer in saved["guide_states"]]


class FineTuning(Imitation):
    """Rounded weights learn from the floats that they were: of what each step lowers, `choice.lesson` is the teacher's part, the rest
    the text's. The text alone, read for more epochs, would be learnt by heart."""

    def objective(self, segments, jumps):
        """Over segments (b, t + 1)."""
        logits, lesson = self.imitate(segments[:, :-1], jumps)
        text = F.cross_entropy(logits.mT, segments[:, 1:])
        return self.choice.lesson * lesson + (1 - self.choice.lesson) * text
