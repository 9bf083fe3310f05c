"""nnU-Net's folds."""

import json

import pytest

from medssl.errors import UserError
from medssl.store import load_datalist

from .test_listed_sets import nnunet, prepare


def test_folds_of_nnunet_are_taken_over(tmp_path):
    source, names = nnunet(tmp_path / "in"), [f"case_{n:03d}" for n in range(6)]
    folds = [{"train": names[2:], "val": names[:2]}, {"train": names[:2], "val": names[2:]}]
    (tmp_path / "splits_final.json").write_text(json.dumps(folds))
    out = tmp_path / "out"
    prepare("nnunet", source, out, splits=tmp_path / "splits_final.json")
    for number, fold in enumerate(folds):
        splits = of_fold(out, number)
        assert splits["test"] == set(fold["val"])
        assert splits["training"] | splits["validation"] == set(fold["train"])
        assert splits["validation"]
    again = tmp_path / "again"
    prepare("nnunet", source, again, folds=3)
    assert len(list(again.glob("datalist_fold*.json"))) == 3


def of_fold(folder, number):
    """Ids in each split of a fold."""
    parts = ("training", "validation", "test")
    return {part: {i["id"] for i in load_datalist(folder, part, fold=number)} for part in parts}


def test_a_fold_learns_from_no_case_that_it_does_not_name(tmp_path):
    """Two cases are kept for a test of one's own, and fold 1 learns from a part of the others."""
    source, names = nnunet(tmp_path / "in", count=8), [f"case_{n:03d}" for n in range(8)]
    folds = [{"train": names[2:6], "val": names[:2]}, {"train": names[:2], "val": names[4:6]}]
    (source / "splits_final.json").write_text(json.dumps(folds))
    out = tmp_path / "out"
    prepare("nnunet", source, out)
    for number, fold in enumerate(folds):
        splits = of_fold(out, number)
        assert splits["test"] == set(fold["val"])
        assert splits["training"] | splits["validation"] == set(fold["train"])
        assert splits["training"]
        assert splits["validation"]
    told = json.loads((out / "manifest.json").read_text())["summary"]["warnings"]
    assert [line for line in told if line.startswith("splits_final.json")] == [
        "splits_final.json does not name all cases: fold 0 leaves out 2 of 8: case_006, case_007; "
        "the split without --fold holds them",
        "splits_final.json does not name all cases: fold 1 leaves out 4 of 8: case_002, case_003, "
        "case_006, case_007; the split without --fold holds them",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[{"train": ["case_001"], "val": ["x"]}]', "names x, which the data set does not hold$"),
        (b'{"val": ["case_001"]}', "is not nnU-Net's splits_final.json, a list of train and val"),
        (b"\x1f\x8b\xff" * 100, "is not nnU-Net's splits_final.json, a list of train and val"),
    ],
)
def test_what_are_no_folds_of_these_cases_is_refused_in_short(tmp_path, content, words):
    source = nnunet(tmp_path / "in", count=2)
    (source / "splits_final.json").write_bytes(content)
    with pytest.raises(UserError, match=rf"^splits: .*splits_final.json {words}") as error:
        prepare("nnunet", source, tmp_path / "out")
    assert len(str(error.value)) < 300
