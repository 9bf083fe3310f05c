"""Rows of predictions and figures as files."""

import csv
import json
from types import SimpleNamespace

import pytest
import torch
from ignite.engine import Engine, Events
from monai.data import MetaTensor

from medssl.engines import AutocastInferer, AutocastSlidingWindowInferer
from medssl.engines.tables import SaveMetrics, SaveTable, plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.tensor(0.5), 0.5),
        (torch.tensor([1, 2]), [1, 2]),
        ({"a": torch.tensor([0.5]), "b": 3}, {"a": [0.5], "b": 3}),
        ("text", "text"),
        (float("nan"), None),
        (torch.tensor([1.0, float("inf")]), [1.0, None]),
    ],
)
def test_figures_become_what_json_knows(value, expected):
    assert plain(value) == expected
    json.loads(json.dumps(plain(value), allow_nan=False))


def test_cases_without_figure_are_counted(tmp_path, capsys):
    nan = float("nan")
    state = SimpleNamespace(
        metrics={"dice": 0.25, "count": 2},
        metric_details={"dice": [[0.5], [nan], [nan]], "iou": torch.zeros(3, 1)},
    )
    SaveMetrics(tmp_path / "deep" / "m.json")(SimpleNamespace(state=state))
    found = json.loads((tmp_path / "deep" / "m.json").read_text())
    assert found == {"dice": 0.25, "count": 2, "dice_excluded": 2}
    assert "dice: 0.2500\ncount: 2\n" in capsys.readouterr().out


def test_the_precision_that_ran_is_written(tmp_path):
    state = SimpleNamespace(metrics={"dice": 0.25})
    for inferer in (
        AutocastInferer("bf16"),
        AutocastSlidingWindowInferer("bf16", roi_size=[8] * 3),
    ):
        SaveMetrics(tmp_path / "m.json")(SimpleNamespace(state=state, inferer=inferer))
        found = json.loads((tmp_path / "m.json").read_text())
        assert found == {"dice": 0.25, "precision": "bf16"}


def item(name):
    return {"image": MetaTensor(torch.zeros(1), meta={"filename_or_obj": name})}


def run(folder, batches, columns):
    """Put batches of (name, prediction) through an engine."""
    engine = Engine(lambda _, batch: [{"pred": torch.tensor(pred)} for _, pred in batch])

    def rename(engine):
        engine.state.batch = [item(name) for name, _ in engine.state.batch]

    engine.add_event_handler(Events.ITERATION_COMPLETED, rename)
    SaveTable(folder / "t.csv", columns).attach(engine)
    engine.run(batches)
    with (folder / "t.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


BATCHES = [[("a,1.nii", [1.0, 2.0]), ("f\u00f6lder#1.2", [3.0, 4.0])], [("c.nii", [5.0, 6.0])]]
ROWS = [["a,1.nii", "1.0", "2.0"], ["f\u00f6lder#1.2", "3.0", "4.0"], ["c.nii", "5.0", "6.0"]]


@pytest.mark.parametrize(
    ("columns", "names"),
    [("feature", ["feature_0", "feature_1"]), (["yes", "no"], ["yes", "no"])],
)
def test_a_row_for_each_case_in_its_order(columns, names, tmp_path):
    assert run(tmp_path, BATCHES, columns) == [["image", *names], *ROWS]


def test_batches_of_scans_that_were_left_out_have_no_row(tmp_path):
    assert run(tmp_path, [BATCHES[0], [], BATCHES[1]], "x")[1:] == ROWS
    assert run(tmp_path, [[]], "x") == [["image"]]
