"""The files of nnU-Net's layout and of the Decathlon's: folds, and what does not fit together."""

import json

import pytest

from medssl.errors import UserError
from medssl.store import load_datalist

from ..scans import save_nifti
from .test_intensity import head
from .test_listed_sets import decathlon, label, nnunet, prepare


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


def spoil_channel(folder):
    save_nifti(folder / "imagesTr" / "case_000_0001.nii.gz", head())


def spoil_label(folder):
    save_nifti(folder / "labelsTr" / "case_777.nii.gz", label())


def spoil_splits(folder):
    (folder / "splits_final.json").write_text(json.dumps([{"train": ["case_001"], "val": ["x"]}]))


def spoil_json(folder):
    (folder / "dataset.json").write_text('{"labels": {}}')


def spoil_channels(folder):
    content = json.loads((folder / "dataset.json").read_text())
    content["channel_names"] = {"0": "T1", "1": "FLAIR"}
    (folder / "dataset.json").write_text(json.dumps(content))


def spoil_grid(folder):
    spoil_channels(folder)
    for number in range(6):
        path = folder / "imagesTr" / f"case_{number:03d}_0001.nii.gz"
        save_nifti(path, head((24, 22, 19 if number == 3 else 20), seed=number))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_channel, r"imagesTr holds case_000_0000.nii.gz, case_000_0001.nii.gz, expected"),
        (spoil_label, r"no image in imagesTr for labelsTr/case_777.nii.gz"),
        (spoil_splits, r"^splits: .*splits_final.json names x, which the data set does not hold"),
        (spoil_json, r"dataset.json: expected channel_names"),
        (spoil_channels, r"expected case_000_0000 to case_000_0001 \(T1, FLAIR\), as dataset.json"),
        (spoil_grid, r"case_003_0000.nii.gz \[24, 22, 20\] and .* are channels on different grids"),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path, spoil, words):
    source = nnunet(tmp_path / "in")
    spoil(source)
    with pytest.raises(UserError, match=words):
        prepare("nnunet", source, tmp_path / "out")


def test_a_listed_file_that_is_missing_is_named(tmp_path):
    source = decathlon(tmp_path / "in")
    (source / "imagesTr" / "case_003_0000.nii.gz").unlink()
    with pytest.raises(UserError, match=r"lists .*case_003_0000.nii.gz, which is not there"):
        prepare("decathlon", source, tmp_path / "out")
