"""The theorems against numbers worked out by hand, and against each other."""

import json
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from medssl.analysis.theory import excess_risk, simulate_theory, theorem_1, theorem_2
from medssl.commands import Analyse
from medssl.errors import UserError


def test_at_two_standard_deviations_the_printed_bound_is_vacuous():
    """t = sqrt((N+ + N-) / (N+ N-)): 1.213, where the truth is 0.0455 and the sharp bound 0.271."""
    found = theorem_1(50, 1000, (1050 / 50_000) ** 0.5)
    assert found.exact == pytest.approx(0.0455, abs=5e-5)
    assert found.printed == pytest.approx(2 * math.exp(-0.5))
    assert found.corrected == pytest.approx(2 * math.exp(-2))
    assert found.simulated == pytest.approx(found.exact, abs=0.002)


@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (3, 500), (200, 300)])
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_both_bounds_hold_and_the_corrected_one_is_sharper(positives, negatives, spread):
    t = spread * ((positives + negatives) / (positives * negatives)) ** 0.5
    found = theorem_1(positives, negatives, t, draws=20_000)
    assert found.exact <= found.corrected <= found.printed
    assert found.printed == pytest.approx(2 * (found.corrected / 2) ** 0.25)


def test_the_mean_of_means_is_simulated_as_if_all_samples_were_drawn():
    rng = np.random.default_rng(0)
    off = (rng.normal(size=(20_000, 4)).mean(1) + rng.normal(size=(20_000, 9)).mean(1)) / 2
    found = theorem_1(4, 9, 0.4)
    assert found.simulated == pytest.approx((abs(off) > 0.4).mean(), abs=0.01)


@pytest.mark.parametrize(
    ("ratio", "distance", "rare", "frequent"),
    [
        (0.1, 2, 0.560, 0.0157),
        (0.1, 3, 0.232, 0.0117),
        (0.1, 4, 0.077, 0.0050),
        (0.025, 3, 0.393, 0.0032),
        (0.025, 4, 0.141, 0.0017),
    ],
)
def test_errors_of_the_optimal_classifier(ratio, distance, rare, frequent):
    found = theorem_2(ratio, distance)
    assert (found.rare, found.frequent) == pytest.approx((rare, frequent), abs=6e-4)
    assert found.simulated_rare == pytest.approx(found.rare, abs=0.005)
    assert found.simulated_frequent == pytest.approx(found.frequent, abs=0.001)
    shift = math.log(1 / ratio) / distance
    assert found.rare == pytest.approx(norm.cdf(-distance / 2 + shift))
    assert found.rare <= found.bound_rare
    assert found.frequent <= found.bound_frequent


def test_no_other_threshold_errs_less_and_the_printed_one_errs_more():
    ratio, distance, middle = 0.05, 2.5, 2.0
    found = theorem_2(ratio, distance, middle)

    def risk(threshold):
        missed = quad(lambda z: norm.pdf(z, middle + distance / 2), -20, threshold)[0]
        alarms = quad(lambda z: norm.pdf(z, middle - distance / 2), threshold, 30)[0]
        return (ratio * missed + alarms) / (1 + ratio)

    best = min(risk(threshold) for threshold in np.linspace(0, 6, 601))
    assert (ratio * found.rare + found.frequent) / (1 + ratio) == pytest.approx(best, abs=1e-5)
    printed = middle - math.log(ratio) / (2 * middle)
    said = (ratio * found.printed_rare + found.printed_frequent) / (1 + ratio)
    assert said == pytest.approx(risk(printed), abs=1e-6)
    assert said > best


def test_the_frequent_class_gets_worse_while_the_distance_is_small():
    errors = [theorem_2(0.01, d, draws=10).frequent for d in (1, 2, 3, 4)]
    assert errors == pytest.approx([0.00000, 0.00048, 0.00120, 0.00081], abs=6e-6)


def test_the_bound_of_the_rare_class_says_nothing_below_a_distance():
    limit = (4 * math.log(40)) ** 0.5  # D = L / 2; 3.84 at a ratio of 0.025
    assert limit == pytest.approx(3.84, abs=0.005)
    assert theorem_2(0.025, limit - 0.01, draws=10).bound_rare > 1
    assert theorem_2(0.025, limit + 0.01, draws=10).bound_rare < 1


def test_taking_a_balanced_sample_for_the_truth_costs_risk():
    found = excess_risk(0.1, 1.0, 2.0)
    known = theorem_2(0.1, 2.0, draws=10)
    assert found.best == pytest.approx((0.1 * known.rare + known.frequent) / 1.1)
    assert found.risk == pytest.approx(norm.cdf(-1))
    assert excess_risk(0.1, 0.1, 2.0).risk == found.best < found.risk


def test_the_command_writes_figures_and_picture(tmp_path, capsys):
    files = {"json": str(tmp_path / "t.json"), "picture": str(tmp_path / "t.png")}
    Analyse().theory(draws=2000, **files)
    found = json.loads((tmp_path / "t.json").read_text())
    assert (len(found["first"]), len(found["second"])) == (6, 30)
    assert (tmp_path / "t.png").stat().st_size > 1000
    assert "theorem 2" in capsys.readouterr().out


def test_numbers_out_of_range_are_refused():
    for given in ((0, 5, 1.0), (5, 5, 0.0)):
        with pytest.raises(UserError, match="theorem 1"):
            theorem_1(*given)
    for given in ((0.0, 1.0), (1.0, 1.0), (0.1, 0.0), (0.1, 1.0, 0.0)):
        with pytest.raises(UserError, match="theorem 2"):
            theorem_2(*given)
    with pytest.raises(UserError, match="excess risk"):
        excess_risk(0.1, 0.0, 1.0)
    with pytest.raises(UserError, match="theorem 2"):
        simulate_theory([2.0], draws=10)
