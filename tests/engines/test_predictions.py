"""Tables of answers, and figures beside the answers that need no learning."""

import csv
import json
from functools import partial

import pytest
import torch
from ignite.engine import Engine

from medssl.engines import ClassReport, SaveMetrics, SavePredictions
from medssl.errors import UserError
from tests.helpers import on_two_ranks

NOWHERE = [float("nan")] * 3


def case(name, probabilities, world=NOWHERE, **truth):
    item = {"case": name, "world_mm": torch.tensor(world, dtype=torch.float64), **truth}
    return item, {"pred": torch.tensor(probabilities).reshape(-1, 3)}


def evaluate(cases, folder, report=True, classes=("a", "b", "c")):
    """Run the handlers as an evaluator that decollates would."""

    def step(engine, part):
        engine.state.batch = [item for item, _ in part]
        return [output for _, output in part]

    engine = Engine(step)
    answers = SavePredictions(folder / "p.csv", classes)
    answers.attach(engine)
    if report:
        ClassReport(answers).attach(engine)
        SaveMetrics(folder / "metrics.json").attach(engine)
    engine.run([cases[:2], cases[2:]])
    with (folder / "p.csv").open() as stream:
        return list(csv.DictReader(stream))


def known(number, label, probabilities, patient=None):
    truth = {"row": number + 2, "label": label, "patient": patient or f"p{number}"}
    return case(f"s{number}", probabilities, **truth)


CASES = [
    known(0, 0, [0.7, 0.2, 0.1]),
    known(1, 0, [0.2, 0.7, 0.1]),
    known(2, 0, [0.6, 0.3, 0.1]),
    known(3, 1, [0.3, 0.6, 0.1]),
]


def test_rows_say_truth_answer_and_probabilities(tmp_path):
    rows = evaluate(CASES, tmp_path, report=False)
    assert rows[1]["predicted"] == "b"
    assert [row["label"] for row in rows] == ["a", "a", "a", "b"]
    assert float(rows[1]["probability_b"]) == pytest.approx(0.7)
    head = "case,label,patient,predicted,probability_a,probability_b,probability_c"
    assert (tmp_path / "p.csv").read_text().splitlines()[0] == head


def test_regions_have_places_and_new_scans_no_truth(tmp_path):
    world = [[1.0, 2, 3], [4, 5, 6]]
    rows = evaluate([case("s", [0.1, 0.2, 0.7] * 2, world)], tmp_path, report=False)
    assert list(rows[0]) == [
        "case",
        "x",
        "y",
        "z",
        "predicted",
        *(f"probability_{n}" for n in "abc"),
    ]
    assert [float(row["z"]) for row in rows] == [3, 6]
    assert {row["predicted"] for row in rows} == {"c"}


def test_figures_stand_beside_answers_that_need_no_learning(tmp_path, capsys):
    evaluate(CASES, tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["sensitivity_a"] == pytest.approx(2 / 3)
    assert metrics["sensitivity_b"] == 1
    assert metrics["balanced_accuracy"] == pytest.approx(5 / 6)
    assert metrics["balanced_accuracy_chance"] == 0.5
    assert metrics["accuracy"] == metrics["accuracy_most_frequent"] == 0.75
    assert metrics["brier_shares"] == pytest.approx(1 - 0.75**2 - 0.25**2)
    assert metrics["auc_low"] <= metrics["auc"] <= metrics["auc_high"]
    assert [metrics[f"cases_{name}"] for name in "abc"] == [3, 1, 0]
    assert metrics["ece_bins"] == 10
    names = list(metrics)
    assert names[names.index("auc") + 1] == "auc_low"
    # A class that nobody has is told and null, never silently in a mean.
    assert metrics["sensitivity_c"] is None
    assert metrics["sensitivity_c_low"] is None
    assert metrics["absent_classes"] == ["c"]
    assert "no case here is c: no figure of it" in capsys.readouterr().out


def test_one_patient_leaves_no_interval(tmp_path):
    evaluate([known(n, n % 2, [0.5, 0.4, 0.1], "same") for n in range(4)], tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["auc"] == 0.5
    assert metrics["auc_low"] is metrics["auc_high"] is None


def test_names_that_would_be_each_others_figures_are_refused(tmp_path):
    with pytest.raises(UserError, match="classes: mild, mild_low: one is called as another's low"):
        ClassReport(SavePredictions(tmp_path / "p.csv", ["mild", "mild_low"]))


def _on_one_rank(folder, rank):
    """Rank 1 ran short and repeats rank 0's first case."""
    parts = [[CASES[0], CASES[1], CASES[2]], [CASES[3], CASES[0]]][rank]

    def step(engine, _):
        engine.state.batch = [item for item, _ in parts]
        return [output for _, output in parts]

    engine = Engine(step)
    answers = SavePredictions(folder / "p.csv", ("a", "b", "c"))
    answers.attach(engine)
    engine.run([0])
    return len(answers.answers)


def test_ranks_put_their_answers_together(tmp_path):
    assert on_two_ranks(partial(_on_one_rank, tmp_path), tmp_path) == [4, 4]
    with (tmp_path / "p.csv").open() as stream:
        assert sorted(row["case"] for row in csv.DictReader(stream)) == ["s0", "s1", "s2", "s3"]
