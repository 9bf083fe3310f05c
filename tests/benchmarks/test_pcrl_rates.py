"""PCRL's configs hold the rates that were measured, and the paper's where it is asked for."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from pcrl_rates import BUNDLE, PAPER, RATES, best_of  # noqa: E402


def rates_of(*names):
    """Rate of contrast and of restoration with these configs."""
    keys = {}
    for name in names:
        path = ROOT / "bundles" / BUNDLE / "configs" / f"{name}.json"
        keys |= json.loads(path.read_text(encoding="utf-8"))
    weights = (keys["contrastive_weight"], keys["reconstruction_weight"])
    return tuple(keys["learning_rate"] * weight for weight in weights)


def test_the_configs_hold_what_was_measured():
    measured = json.loads((ROOT / "docs" / "pcrl_rates.json").read_text(encoding="utf-8"))
    assert rates_of("train") == pytest.approx(tuple(measured["chosen"]))
    assert rates_of("train", "paper") == pytest.approx(PAPER)


@pytest.mark.parametrize(("gain", "chosen"), [(0.04, RATES[0]), (0.06, RATES[1])])
def test_another_rate_than_the_papers_must_be_clearly_better(gain, chosen):
    skills = dict(zip(RATES, (0.1, 0.1 + gain, -1.0, -2.0)))
    rows = [{"rate": rate, "skill": skills[rate]} for rate in RATES for _ in (0, 1)]
    assert best_of(rows, "rate", "skill", RATES[0]) == chosen
