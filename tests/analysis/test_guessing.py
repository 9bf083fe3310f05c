"""What counts as a shortcut, and what it is called."""

import pytest
from scipy.stats import binom

from medssl.analysis.guessing import Control, Guessing

THICK = (0.7, 0.7, 2.5)


def test_interval_and_verdict():
    """Clopper-Pearson at 99 % for 0 of 10 and 5 of 10: solutions of the binomial tails."""
    cubes = (1.0, 1.0, 1.0)
    low, high = Guessing(cubes, "accuracy", 0.0, 0.1, 10).interval
    assert low == 0
    assert (1 - high) ** 10 == pytest.approx(0.005)
    low, high = Guessing(cubes, "accuracy", 0.5, 0.1, 10).interval
    assert low == pytest.approx(1 - high)
    guesses = {
        share: Guessing(cubes, "accuracy", share, 0.1, 2000) for share in (0.08, 0.115, 0.125)
    }
    assert [guess.shortcut for guess in guesses.values()] == [False, False, True]
    assert str(guesses[0.115]).startswith("native 1 x 1 x 1 mm: accuracy 11.50% [")
    assert str(guesses[0.115]).endswith("of 2,000 held-out samples, chance 10.00%: at chance")
    assert str(guesses[0.125]).endswith("ABOVE CHANCE: a shortcut")


@pytest.mark.parametrize(("chance", "trials"), [(0.1, 200), (0.5, 1000), (0.01, 5000)])
def test_chance_itself_is_suspected_once_in_200_times(chance, trials):
    def suspected(right):
        return Guessing(THICK, "accuracy", right / trials, chance, trials).shortcut

    expected = int(chance * trials)
    first = next(right for right in range(expected, trials) if suspected(right))
    assert not any(suspected(right) for right in range(expected - 20, first) if right >= 0)
    alarms = binom.sf(first - 1, trials, chance)
    assert 0 < alarms <= 0.005


def test_one_suspicious_metric_is_enough():
    clean, found = (Guessing(THICK, "a", share, 0.1, 1000) for share in (0.1, 0.2))
    assert not Control("b", (1.0,), 5, (clean, clean)).shortcut
    control = Control("b", (0.7, 1.0), 5, (clean, found))
    assert control.shortcut
    text = str(control).splitlines()
    assert text[0] == "b: 5 steps on noise smoothed by 0.7, 1 native voxels"
    assert text[1].endswith("at chance")
    assert text[2].endswith("ABOVE CHANCE: a shortcut")
