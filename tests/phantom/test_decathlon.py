"""Abdomen phantoms on disk: the Decathlon's layout."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom import write_decathlon

SCANS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("abdomen")
    write(output)
    return output


def write(output: Path, scans: int = SCANS, seed: int = 5) -> None:
    write_decathlon(output, scans, seed, (8.0, 8.0, 6.0))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_layout_is_the_decathlons(folder: Path) -> None:
    listing = json.loads((folder / "dataset.json").read_text())
    assert listing["labels"] == {"0": "background", "1": "liver", "2": "cancer"}
    assert listing["modality"] == {"0": "CT"}
    assert listing["numTraining"] == len(listing["training"]) == SCANS
    assert listing["training"][0] == {
        "image": "./imagesTr/liver_0.nii.gz",
        "label": "./labelsTr/liver_0.nii.gz",
    }
    assert listing["test"] == ["./imagesTs/liver_131.nii.gz"]
    named = {name for pair in listing["training"] for name in pair.values()}
    found = {f"./{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.nii.gz")}
    assert found == named | set(listing["test"])
    assert "SYNTHETIC" in (folder / "README.txt").read_text()


def test_files_agree_with_the_truth_in_either_order(folder: Path) -> None:
    orders = set()
    for path in sorted(folder.glob("imagesTr/*.nii.gz")):
        image, label = nib.load(path), nib.load(folder / "labelsTr" / path.name)
        orders.add("".join(nib.aff2axcodes(image.affine)))
        np.testing.assert_allclose(image.affine, label.affine)
        assert image.shape == label.shape
        np.testing.assert_allclose(image.header.get_zooms(), (8, 8, 6))
        values = np.asanyarray(label.dataobj)
        assert values.dtype == np.uint8
        truth = json.loads((folder / "truth" / path.name.replace(".nii.gz", ".json")).read_text())
        largest = max(truth["tumours"], key=lambda fact: fact["diameter_mm"])
        place = np.linalg.inv(image.affine) @ [*largest["world_mm"], 1.0]
        assert values[tuple(np.round(place[:3]).astype(int))] == 2
    assert orders == {"RAS", "LAS"}


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("imagesT*/*")}
    write(folder)
    assert contents(folder) == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_what_a_stopped_run_left_is_completed(folder: Path) -> None:
    before = contents(folder)
    (folder / "truth" / "liver_1.json").unlink()
    (folder / "labelsTr" / "liver_2.nii.gz").unlink()
    (folder / "imagesTr" / "liver_0.nii.gz").write_bytes(b"half")
    write(folder)
    assert contents(folder) == before


def test_other_settings_are_refused(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(UserError, match="holds 4 scans of other settings"):
        write(folder, seed=6)
    with pytest.raises(UserError, match="more scans than asked for"):
        write(folder, scans=2)
    assert contents(folder) == before
