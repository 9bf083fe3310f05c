"""Held-out figures beside those of answers that need no learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..evidence.direction import sign_of

ANSWERS = {
    "constant": "the best constant",
    "own_mean": "each crop's own mean",
    "copy": "copying the input",
    "smooth": "blurring the input",
    "chance": "guessing",
    "most_frequent": "the most frequent class",
    "trivial": "the most frequent answer",
    "histogram": "grey-value histograms",
    "voxels": "averaged voxels",
    "alike": "embeddings that are all alike",
}
OURS = {"retrieval": "retrieval_top1"}  # where the figure itself is called otherwise
PROBABILITY = "p"  # of a guess that is as good, not an answer's figure
# What a skill is counted from: the first of these that is there.
PARTNERS = ("retrieval_top1",)
COUNTED = {
    "skill": (("mse",), ("accuracy",), ("accuracy_order", "accuracy_rotation"), PARTNERS),
    "retrieval_skill": (PARTNERS,),
}


@dataclass(frozen=True)
class Beside:
    """One figure: the network's (None where it is not known) and those of ``answers`` by name."""

    figure: str
    ours: float | None
    answers: Mapping[str, float]

    @property
    def best(self) -> tuple[str, float]:
        """The answer that is hardest to beat, in words, and its figure."""
        best = max if sign_of(self.figure) > 0 else min
        name = best(self.answers, key=self.answers.__getitem__)
        return ANSWERS[name], self.answers[name]

    @property
    def others(self) -> str:
        """All answers with their figures."""
        return ", ".join(f"{ANSWERS[name]} {value:.3g}" for name, value in self.answers.items())

    def __str__(self) -> str:
        ours = "-" if self.ours is None else f"{self.ours:.3g}"
        return f"{self.figure} {ours}; {self.others}"


def beside(metrics: Mapping[str, float]) -> list[Beside]:
    """Every figure that has trivial answers, in the order of the metrics.

    In ``metrics.json`` a figure that there is not is null.
    """
    found: dict[str, dict[str, float]] = {}
    for name, value in metrics.items():
        for answer in ANSWERS:
            figure = name.removesuffix(f"_{answer}")
            if figure not in (name, PROBABILITY) and value is not None:
                found.setdefault(OURS.get(figure, figure), {})[answer] = value
    return [Beside(figure, metrics.get(figure), answers) for figure, answers in found.items()]


def hardest(metrics: Mapping[str, float], skill: str = "skill") -> list[Beside]:
    """The figures that a skill is counted from: one, of a puzzle those of order and turns."""
    rows = {row.figure: row for row in beside(metrics)}
    families = ([rows[name] for name in names if name in rows] for names in COUNTED[skill])
    return next(filter(None, families), [])


def named(rows: Sequence[Beside]) -> str:
    """The answers to be beaten, with their figures; of a puzzle for each part."""
    answer, value = rows[0].best
    if len(rows) > 1:
        parts = (f"{row.figure.removeprefix('accuracy_')} {row.best[1]:.3g}" for row in rows)
        return f"{answer} ({', '.join(parts)})"
    return f"{answer} ({value:.3g})"
