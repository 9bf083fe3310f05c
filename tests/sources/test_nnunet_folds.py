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
        splits = {
            part: {item["id"] for item in load_datalist(out, part, fold=number)}
            for part in ("training", "validation", "test")
        }
        assert splits["test"] == set(fold["val"])
        assert splits["training"] | splits["validation"] == set(fold["train"])
        assert splits["validation"]
    again = tmp_path / "again"
    prepare("nnunet", source, again, folds=3)
    assert len(list(again.glob("datalist_fold*.json"))) == 3


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
