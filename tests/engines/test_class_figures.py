"""Metrics of single classes, and what an evaluation writes of classes that are nowhere."""

import csv
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from ignite.engine import Engine

from medssl.engines import CaseTables, ClassFigures, SaveMetrics
from medssl.metrics import OverlapHandler

NAMES = ["liver", "tumour", "cyst"]


def engine(details):
    return SimpleNamespace(state=SimpleNamespace(metrics={"dice": 0.5}, metric_details=details))


def test_means_by_class_leave_out_what_has_no_figure():
    details = {"dice": torch.tensor([[1.0, 0.2], [0.5, float("nan")]]), "other": torch.ones(2, 3)}
    found = engine(details)
    ClassFigures(["liver", "tumour"])(found)
    expected = {"dice": 0.5, "dice_liver": 0.75, "dice_tumour": pytest.approx(0.2)}
    assert found.state.metrics == expected
    assert found.state.absent_classes == []


def test_one_class_alone_has_no_figure_of_its_own():
    found = engine({"dice": torch.ones(2, 1)})
    ClassFigures(["liver"])(found)
    assert found.state.metrics == {"dice": 0.5}
    empty = engine({"dice": torch.full((2, 1), math.nan)})
    ClassFigures(["liver"])(empty)
    assert empty.state.absent_classes == ["liver"]


def dice_by_hand(pred, label, number):
    """Voxel by voxel; None where the class is in neither."""
    both = hits = 0
    for ours, truth in zip(pred.flatten().tolist(), label.flatten().tolist()):
        both += (ours == number) + (truth == number)
        hits += ours == truth == number
    return 2 * hits / both if both else None


def mean(values):
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def evaluate(cases, classes, folder):
    """Metrics and tables of an evaluation, as ``evaluate.json`` has its handlers."""

    def step(engine, number):
        engine.state.batch = [{"case": f"scan{number}"}]
        return cases[number]

    evaluator = Engine(step)
    numbers = range(1, len(classes) + 1)
    OverlapHandler("dice", lambda pair: pair, list(numbers)).attach(evaluator, "dice")
    ClassFigures(classes).attach(evaluator)
    SaveMetrics(folder / "metrics.json").attach(evaluator)
    names = {"batch_transform": lambda b: [{"filename_or_obj": item["case"]} for item in b]}
    wanted = {"metrics": ["dice"], "metric_details": ["dice"], "summary_ops": "*", **names}
    CaseTables(str(folder), **wanted).attach(evaluator)
    evaluator.run(range(len(cases)))


def table(path):
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return {row[0]: [None if v == "nan" else float(v) for v in row[1:]] for row in rows}


def strictly(text):
    """What any reader of JSON can read: NaN is no JSON."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.filterwarnings("error::RuntimeWarning")  # numpy's, of means of nothing
def test_an_absent_class_counts_nowhere(tmp_path):
    """The tumour is in the first scan alone, the cyst in none; the last scan is empty."""
    rng = np.random.default_rng(5)
    tops = [(3, 3), (2, 2), (2, 2), (1, 1)]
    cases = [
        [torch.as_tensor(rng.integers(0, top, (1, 1, 4, 4, 4))) for top in pair] for pair in tops
    ]
    evaluate(cases, NAMES, tmp_path)
    oracle = [[dice_by_hand(*pair, number) for number in (1, 2, 3)] for pair in cases]
    assert [row.count(None) for row in oracle] == [1, 2, 2, 3]
    by_scan = [mean(row) for row in oracle]
    found = strictly((tmp_path / "metrics.json").read_text())
    assert found["dice"] == pytest.approx(mean(by_scan))
    for name, column in zip(NAMES, zip(*oracle)):
        assert found[f"dice_{name}"] == pytest.approx(mean(column))
    assert found["dice_excluded"] == 8
    assert found["absent_classes"] == ["cyst"]
    raw = table(tmp_path / "dice_raw.csv")
    for number, row in enumerate([[*r, m] for r, m in zip(oracle, by_scan)]):
        assert raw[f"scan{number}"] == pytest.approx(row, abs=1e-4)
    summary = table(tmp_path / "dice_summary.csv")
    assert summary["mean"][0] == pytest.approx(found["dice"], abs=1e-4)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_where_nothing_is_anywhere_there_is_no_figure(tmp_path):
    empty = [torch.zeros(1, 1, 3, 3, 3)] * 2
    evaluate([empty], ["nodule"], tmp_path)
    found = strictly((tmp_path / "metrics.json").read_text())
    assert found.pop("tables").keys() == {"dice_raw.csv"}
    assert found.pop("data") == {}  # there was no data list
    assert found == {"dice": None, "dice_excluded": 1, "absent_classes": ["nodule"]}
