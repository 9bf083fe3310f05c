"""Rows of cases that could be confused."""

import csv
import os

import pytest
import torch
from ignite.engine import Engine

from medssl.engines import CaseTables
from medssl.errors import UserError
from medssl.metrics import OverlapHandler


def evaluate(names, folder, details=("dice",), **options):
    """Tables of cases of these names; case ``n`` has dice ``1 / n``."""

    def step(engine, number):
        engine.state.batch = [{"case": names[number]}]
        label = torch.zeros(1, 1, 12, 1, 1)
        label[:, :, : 1 + 2 * number] = 1
        return (label > 0) & (torch.arange(12).view(1, 1, -1, 1, 1) == 0), label

    evaluator = Engine(step)
    OverlapHandler("dice", lambda pair: pair).attach(evaluator, "dice")
    transform = {"batch_transform": lambda b: [{"filename_or_obj": item["case"]} for item in b]}
    CaseTables(str(folder), ["dice"], details, **transform, **options).attach(evaluator)
    evaluator.run(range(len(names)))
    return evaluator


@pytest.mark.parametrize(
    "names",
    [
        ["Doe,_John", "Doe,_Jane", "Doe"],
        ['a"b', 'a""b', '"'],
        ["a", "b", "a_b"],
    ],
)
def test_each_case_has_a_row_of_its_own(tmp_path, names):
    for _ in range(2):  # an evaluator may run again
        evaluate(names, tmp_path)
    with (tmp_path / "dice_raw.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[0] for row in rows[1:]] == names
    assert {len(row) for row in rows} == {3}
    for number, row in enumerate(rows[1:], start=1):
        assert float(row[1]) == pytest.approx(1 / number, abs=1e-4)


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize("name", ["dice_raw.csv", "dice_summary.csv", "metrics.csv"])
def test_tables_that_others_share_are_not_written_into(tmp_path, link, name):
    theirs, folder = tmp_path / "theirs.csv", tmp_path / "ours"
    theirs.write_text("another evaluation's")
    folder.mkdir()
    link(theirs, folder / name)
    evaluate(["a"], folder, summary_ops="*")
    assert theirs.read_text() == "another evaluation's"
    assert (folder / name).read_text() != theirs.read_text()


def test_tables_that_are_not_written_are_not_noted(tmp_path):
    assert evaluate(["a"], tmp_path).state.tables.keys() == {"dice_raw.csv"}
    assert not hasattr(evaluate(["a"], tmp_path, details=None).state, "tables")


def test_columns_are_called_as_the_classes_are(tmp_path):
    """``class0`` would be the mask value 1, and ``class1`` the value 2."""

    def step(engine, _):
        engine.state.batch = [{"case": "class0"}]
        label = torch.tensor([1, 1, 2, 2]).view(1, 1, 4, 1, 1)
        return torch.tensor([1, 1, 0, 0]).view(1, 1, 4, 1, 1), label

    evaluator = Engine(step)
    OverlapHandler("dice", lambda pair: pair, (1, 2)).attach(evaluator, "dice")
    cases = lambda batch: [{"filename_or_obj": item["case"]} for item in batch]  # noqa: E731
    CaseTables(
        str(tmp_path),
        ["dice"],
        ["dice"],
        batch_transform=cases,
        summary_ops=["mean", "max"],
        delimiter=",",
        classes=["liver", "tumour"],
    ).attach(evaluator)
    evaluator.run([0])
    raw, summary = ((tmp_path / f"dice_{kind}.csv").read_text() for kind in ("raw", "summary"))
    assert raw == "filename,liver,tumour,mean\nclass0,1.0000,0.0000,0.5000\n"
    assert [line.split(",")[0] for line in summary.splitlines()] == [
        *("class", "liver", "tumour", "mean")
    ]
    assert "liver,1.0000,1.0000" in summary


def test_two_cases_of_one_name_are_refused(tmp_path):
    with pytest.raises(UserError, match="1 names are those of several cases, such as a; their"):
        evaluate(["a", "b", "a"], tmp_path)
    assert not (tmp_path / "dice_raw.csv").exists()
