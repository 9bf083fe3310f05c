"""Right answers on noise, and whether they are more than chance gives."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest

COVERAGE = 0.99


@dataclass(frozen=True)
class Guessing:
    """Share of right answers on held-out noise, with an exact binomial interval.

    ``native_mm`` is the voxel size that the noise was scanned with.
    """

    native_mm: tuple[float, ...]
    metric: str
    accuracy: float
    chance: float
    trials: int

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson, 99 %: a task without a shortcut is suspected once in 200 times."""
        right = min(round(self.accuracy * self.trials), self.trials)
        bounds = binomtest(right, self.trials).proportion_ci(COVERAGE)
        return float(bounds.low), float(bounds.high)

    @property
    def shortcut(self) -> bool:
        """Whether the whole interval lies above chance."""
        return self.interval[0] > self.chance

    def __str__(self) -> str:
        low, high = self.interval
        verdict = "ABOVE CHANCE: a shortcut" if self.shortcut else "at chance"
        native = " x ".join(f"{mm:g}" for mm in self.native_mm)
        return (
            f"native {native} mm: {self.metric} {self.accuracy:.2%} [{low:.2%}, {high:.2%}] "
            f"of {self.trials:,} held-out samples, chance {self.chance:.2%}: {verdict}"
        )


@dataclass(frozen=True)
class Control:
    """What a bundle's network makes of noise."""

    bundle: str
    smoothing: tuple[float, ...]
    steps: int
    guesses: tuple[Guessing, ...]

    @property
    def shortcut(self) -> bool:
        """Whether any of the metrics is above chance."""
        return any(guessing.shortcut for guessing in self.guesses)

    def __str__(self) -> str:
        sigmas = ", ".join(f"{sigma:g}" for sigma in self.smoothing)
        lines = [f"{self.bundle}: {self.steps} steps on noise smoothed by {sigmas} native voxels"]
        return "\n".join([*lines, *map(str, self.guesses)])
