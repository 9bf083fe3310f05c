"""Phantoms on disk: LUNA16's layout, read back through ITK."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import itk
import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom import make_chest_phantom, write_luna16
from medssl.phantom.luna16 import ScanJob

SPACING = (4.0, 4.0, 4.0)
VIEW = (320.0, 270.0, 250.0)
SCANS = 5


def write(output: Path, scans: int = SCANS, **options: object) -> None:
    settings: dict[str, object] = {
        "spacing_mm": SPACING,
        "field_of_view_mm": VIEW,
        "negatives_per_scan": 30,
    }
    write_luna16(output, scans, 7, **{**settings, **options})  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("luna16")
    write(output)
    return output


def test_layout(folder: Path) -> None:
    names = {path.parent.name for path in folder.glob("subset*/*.mhd")}
    assert names == {f"subset{index}" for index in range(SCANS)}  # round robin
    assert len(list(folder.glob("subset*"))) == 10
    for header in folder.glob("subset*/*.mhd"):
        assert header.stem.startswith("2.25.")
        assert header.stem.removeprefix("2.25.").isdecimal()
        assert len(header.stem) <= 64  # the longest UID DICOM allows
        assert header.with_suffix(".raw").is_file()
        assert (folder / "nodule_masks" / f"{header.stem}.nii.gz").is_file()
    assert "SYNTHETIC" in (folder / "README.txt").read_text()
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]


def test_table_columns(folder: Path) -> None:
    axes = ["seriesuid", "coordX", "coordY", "coordZ"]
    assert list(rows(folder / "annotations.csv")[0]) == [*axes, "diameter_mm"]
    assert list(rows(folder / "candidates.csv")[0]) == [*axes, "class"]
    uids = {path.stem for path in folder.glob("subset*/*.mhd")}
    for table in ("annotations.csv", "candidates.csv"):
        assert {row["seriesuid"] for row in rows(folder / table)} <= uids


def test_itk_finds_the_nodules_where_the_table_says(folder: Path) -> None:
    flipped = 0
    annotations = rows(folder / "annotations.csv")
    for header in sorted(folder.glob("subset*/*.mhd")):
        image = itk.imread(str(header))
        mask = itk.imread(str(folder / "nodule_masks" / f"{header.stem}.nii.gz"))
        direction = itk.array_from_matrix(image.GetDirection())
        flipped += bool(direction[0, 0] < 0)
        np.testing.assert_allclose(direction, itk.array_from_matrix(mask.GetDirection()), atol=1e-6)
        np.testing.assert_allclose(image.GetOrigin(), mask.GetOrigin(), atol=1e-3)
        np.testing.assert_allclose(image.GetSpacing(), mask.GetSpacing(), atol=1e-6)
        ids = itk.array_from_image(mask).transpose(2, 1, 0)
        mine = [row for row in annotations if row["seriesuid"] == header.stem]
        assert ids.max() == len(mine)
        for number, row in enumerate(mine, 1):
            place = [float(row[f"coord{axis}"]) for axis in "XYZ"]
            voxel = np.array(image.TransformPhysicalPointToContinuousIndex(place))
            found = np.argwhere(ids == number).mean(0)
            assert np.abs(voxel - found).max() < 1.5
    assert 0 < flipped < SCANS


def test_voxels_survive_the_file_in_both_directions(folder: Path) -> None:
    for header in folder.glob("subset*/*.mhd"):
        truth = json.loads((folder / "truth" / f"{header.stem}.json").read_text())
        job = ScanJob(**{**truth["settings"], "spacing_mm": SPACING, "field_of_view_mm": VIEW})
        state = np.random.SeedSequence((job.seed, job.index)).generate_state(1)
        phantom = make_chest_phantom(int(state[0]), SPACING, VIEW)
        image = itk.imread(str(header))
        array = itk.array_from_image(image).transpose(2, 1, 0)
        for index in ((3, 5, 7), (40, 30, 20), (60, 50, 50)):
            ras = phantom.affine @ np.array([*index, 1.0])
            lps = [-ras[0], -ras[1], ras[2]]
            stored = tuple(image.TransformPhysicalPointToIndex(lps))
            assert array[stored] == phantom.volume[index]


def test_nibabel_agrees_with_itk_on_the_mask(folder: Path) -> None:
    for path in (folder / "nodule_masks").iterdir():
        image, mask = nib.load(path), itk.imread(str(path))
        ras = image.affine @ np.array([3.0, 4.0, 5.0, 1.0])
        lps = mask.TransformIndexToPhysicalPoint((3, 4, 5))
        np.testing.assert_allclose(ras[:3], [-lps[0], -lps[1], lps[2]], atol=1e-3)


def test_candidates_are_labelled_rightly(folder: Path) -> None:
    candidates, nodules = rows(folder / "candidates.csv"), rows(folder / "annotations.csv")
    negatives = [row for row in candidates if row["class"] == "0"]
    positives = [row for row in candidates if row["class"] == "1"]
    assert len(negatives) == 30 * SCANS
    assert len(nodules) <= len(positives) <= 3 * len(nodules)

    def point(row: dict[str, str]) -> np.ndarray:
        return np.array([float(row[f"coord{axis}"]) for axis in "XYZ"])

    hit = set()
    for row in candidates:
        gaps = [
            np.linalg.norm(point(row) - point(one)) / (float(one["diameter_mm"]) / 2)
            if one["seriesuid"] == row["seriesuid"]
            else np.inf
            for one in nodules
        ]
        assert (min(gaps) < 1.0) == (row["class"] == "1")
        if row["class"] == "1":
            hit.add(int(np.argmin(gaps)))
    assert hit == set(range(len(nodules)))


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("subset*/*")}
    write(folder)
    assert contents(folder) == before
    assert times == {path: path.stat().st_mtime_ns for path in folder.glob("subset*/*")}


@pytest.mark.parametrize("damage", ["cut raw", "no truth", "half truth"])
def test_a_half_written_scan_is_made_again(folder: Path, damage: str) -> None:
    before = contents(folder)
    raw = next(folder.glob("subset2/*.raw"))
    truth = folder / "truth" / f"{raw.stem}.json"
    kept = next(folder.glob("subset0/*.raw")).stat().st_mtime_ns
    if damage == "cut raw":
        raw.write_bytes(raw.read_bytes()[:1000])
    elif damage == "no truth":
        truth.unlink()
    else:
        truth.write_text(truth.read_text()[:50])
    write(folder)
    assert contents(folder) == before
    assert next(folder.glob("subset0/*.raw")).stat().st_mtime_ns == kept


def test_processes_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "out", scans=2, workers=2)
    for name, data in contents(tmp_path / "out").items():
        if name.startswith(("subset", "nodule_masks", "truth")):
            assert data == (folder / name).read_bytes()


def test_other_settings_are_refused(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(UserError, match=r"holds 5 scans of other settings"):
        write(folder, negatives_per_scan=31)
    with pytest.raises(UserError, match="more scans than asked for"):
        write(folder, scans=3)
    assert contents(folder) == before
