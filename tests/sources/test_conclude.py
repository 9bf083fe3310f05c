"""The end of a preparation: who is in which split, and what is told to come next."""

import json
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import conclude
from medssl.sources.asked import Asked
from medssl.sources.data_set import prepare_data_set
from medssl.sources.pairing import Case, find_cases
from medssl.sources.scan import Source

from ..scans import save_nifti
from .test_data_set import prepare


def published(source, patients, splits, **more):
    cases = {case.id: case for case in find_cases(source)}
    return [
        Case(name, cases[name].image, None, patient, split, more.get(name, {}), "publisher")
        for name, patient, split in zip(sorted(cases), patients, splits, strict=True)
    ]


def test_published_splits_stand_and_the_rest_is_drawn_by_patient(source, tmp_path):
    splits = ["training", "test", "unused", None, None, None]
    cases = published(source, ["p", "q", "r", "s", "s", "t"], splits, **{"1": {"subset": 3}})
    scans, _ = prepare(source, cases, tmp_path / "out")
    assert [scans[str(n)]["split"] for n in range(3)] == splits[:3]
    assert scans["3"]["split"] == scans["4"]["split"]
    assert all(scans[str(n)]["split"] in ("training", "validation", "test") for n in (3, 4, 5))
    assert {scan["patient_from"] for scan in scans.values()} == {"publisher"}
    assert [scans[name].get("facts") for name in "01"] == [None, {"subset": 3}]
    assert not any("header_patient" in scan for scan in scans.values())


def test_another_seed_draws_another_split_and_the_same_seed_the_same(source, tmp_path):
    def splits(seed):
        scans, _ = prepare(source, find_cases(source), tmp_path / "out", seed=seed)
        return [scans[name]["split"] for name in sorted(scans)]

    first = splits(0)
    assert splits(0) == first
    assert any(splits(seed) != first for seed in range(1, 6))


def test_folds_test_every_patient_once(source, tmp_path):
    cases = published(source, list("ppqrst"), [None] * 6)
    prepare(source, cases, tmp_path / "out", folds=5)
    lists = [
        json.loads((tmp_path / "out" / f"datalist_fold{fold}.json").read_text())
        for fold in range(5)
    ]
    tested = [patient for each in lists for patient in {i["patient"] for i in each["test"]}]
    assert sorted(tested) == list("pqrst")


def test_a_folder_that_is_taken_away_at_the_end_is_told(source, tmp_path, monkeypatch):
    output, write = tmp_path / "out", conclude.write_lists

    def taken_away(*given):
        output.rename(tmp_path / "away")
        return write(*given)

    monkeypatch.setattr(conclude, "write_lists", taken_away)
    with pytest.raises(UserError, match=r"out: gone, removed or moved away while"):
        prepare(source, find_cases(source), output)


def test_the_task_says_what_comes_next(source, tmp_path):
    label = np.zeros((8, 8, 8), np.uint8)
    label[2:5, 2:5, 2:5] = 1
    images = find_cases(source)
    seg = save_nifti(tmp_path / "seg" / "0.nii.gz", label)
    labelled = Case("0", images[0].image, Source("seg/0.nii.gz", Path(seg), (Path(seg),)))
    asked = Asked(spacing=None, workers=1, fractions=(1.0, 0.0, 0.0))
    path = prepare_data_set(
        source, [labelled], tmp_path / "out", asked, {1: "liver"}, "liver_ct_segmentation"
    )
    assert json.loads(path.read_text())["labels"] == {"0": "background", "1": "liver"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "liver_ct_segmentation" in json.dumps(manifest["summary"]["next"])
