"""nnU-Net's layout and the Decathlon's: what their dataset.json says is what is prepared."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.listed_sets import prepare_listed

from ..scans import save_nifti, small_ct
from .test_intensity import head

LABELS = {"background": 0, "core": 1, "rim": 2}


def label():
    found = np.zeros((24, 22, 20), np.uint8)
    found[6:18, 6:18, 6:14], found[10:14, 10:14, 8:12] = 2, 1
    return found


def nnunet(folder, channel="T1", count=6, tested=0, **content):
    """A data set in nnU-Net's second version; ``tested`` cases have labels in labelsTs."""
    scan = (lambda n: small_ct((24, 22, 20), n)) if channel == "CT" else (lambda n: head(seed=n))
    for number in range(count + tested):
        part, name = ("Tr" if number < count else "Ts"), f"case_{number:03d}"
        save_nifti(folder / f"images{part}" / f"{name}_0000.nii.gz", scan(number))
        save_nifti(folder / f"labels{part}" / f"{name}.nii.gz", label())
    described = {"channel_names": {"0": channel}, "labels": LABELS, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps({**described, **content}))
    return folder


def decathlon(folder, count=6):
    nnunet(folder, count=count)
    names = [f"case_{n:03d}" for n in range(count)]
    pairs = [
        {"image": f"./imagesTr/{n}_0000.nii.gz", "label": f"./labelsTr/{n}.nii.gz"} for n in names
    ]
    described = {
        "modality": {"0": "MRI"},
        "labels": {str(value): name for name, value in LABELS.items()},
        "licence": "CC-BY-SA 4.0",
        "training": pairs,
        "test": ["./imagesTs/none.nii.gz"],
    }
    (folder / "dataset.json").write_text(json.dumps(described))
    return folder


def prepare(data_set, source, output, **options):
    prepare_listed(data_set, source, output, **{"spacing": "native", "workers": 1, **options})
    return json.loads((output / "datalist.json").read_text())


@pytest.mark.parametrize(
    ("channel", "intensity"), [("CT", "hu"), ("T1", "percentile"), ("SUV", "percentile")]
)
def test_names_of_channels_decide_the_rule_and_names_of_labels_are_kept(
    tmp_path, channel, intensity
):
    listing = prepare("nnunet", nnunet(tmp_path / "in", channel), tmp_path / "out")
    assert (listing["scan"]["intensity"], listing["modality"]) == (intensity, {"0": channel})
    assert listing["labels"] == {"0": "background", "1": "core", "2": "rim"}
    items = [item for part in ("training", "validation", "test") for item in listing[part]]
    assert {item["patient"] for item in items} == {f"case_{n:03d}" for n in range(6)}
    assert all(item["label_values"] == [1, 2] for item in items)


def test_the_decathlon_is_read_by_its_list(tmp_path):
    source = decathlon(tmp_path / "in")
    save_nifti(source / "imagesTr" / "stray_0000.nii.gz", head(seed=99))
    listing = prepare("decathlon", source, tmp_path / "out", intensity="zscore")
    assert listing["labels"] == {"0": "background", "1": "core", "2": "rim"}
    assert listing["licence"] == "CC-BY-SA 4.0"
    assert (listing["scan"]["intensity"], listing["scan"]["channels"]) == ("zscore", ["MRI"])
    assert sum(len(listing[part]) for part in ("training", "validation", "test")) == 6


def test_published_test_cases_are_the_test(tmp_path):
    source = nnunet(tmp_path / "in", count=6, tested=2)
    save_nifti(source / "imagesTs" / "case_900_0000.nii.gz", head(seed=50))  # without a label
    listing = prepare("nnunet", source, tmp_path / "out")
    assert [item["id"] for item in listing["test"]] == ["case_006", "case_007"]
    assert len(listing["training"]) + len(listing["validation"]) == 6
    assert listing["validation"]


def test_without_dataset_json_a_user_says_what_the_scans_are(tmp_path):
    source = nnunet(tmp_path / "in")
    (source / "dataset.json").unlink()
    with pytest.raises(UserError, match=r"no dataset.json; say what its scans are with --modality"):
        prepare("nnunet", source, tmp_path / "out")
    listing = prepare("nnunet", source, tmp_path / "out", modality="mr")
    assert listing["labels"] == {"0": "background", "1": "label 1", "2": "label 2"}


def test_published_test_cases_are_in_no_fold(tmp_path):
    source = nnunet(tmp_path / "in", count=6, tested=2)
    names = [f"case_{n:03d}" for n in range(6)]
    folds = [{"train": names[2:], "val": names[:2]}, {"train": names[:2], "val": names[2:]}]
    (source / "splits_final.json").write_text(json.dumps(folds))
    prepare("nnunet", source, tmp_path / "out")
    for number in range(2):
        listing = json.loads((tmp_path / "out" / f"datalist_fold{number}.json").read_text())
        there = [
            item["id"] for part in ("training", "validation", "test") for item in listing[part]
        ]
        assert sorted(there) == names
    with pytest.raises(UserError, match=r"^folds: labelsTs says who is tested, .* leave --folds"):
        prepare("nnunet", source, tmp_path / "again", folds=3)


def test_nobody_is_learnt_from_and_tested(tmp_path):
    source, table = nnunet(tmp_path / "in", count=3, tested=1), tmp_path / "table.csv"
    table.write_text("id,patient\ncase_000,Q\ncase_003,Q\n")
    with pytest.raises(UserError, match=r"^patients: Q has cases in imagesTr and in imagesTs"):
        prepare("nnunet", source, tmp_path / "out", patients=table)


def test_no_option_is_proposed_that_the_command_has_not(tmp_path):
    source = nnunet(tmp_path / "in", count=4)
    path = source / "imagesTr" / "case_000_0000.nii.gz"
    path.unlink()
    save_nifti(path.with_name("case_000_0000.nii"), np.full((24, 22, 20), 7, np.int16))
    with pytest.raises(UserError, match=r"every voxel is 7; remove them or add --skip-broken$"):
        prepare("nnunet", source, tmp_path / "out")
