"""Phantoms of organs on disk: nnU-Net's layout, which `medssl prepare nnunet` takes."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.phantom import write_nnunet
from medssl.phantom.organ_scans import ORGAN_SETS
from medssl.sources import prepare_listed

SCANS = 3
LABELS = {
    "organs_ct": {"background": 0, "liver": 1, "spleen": 2, "kidneys": 3},
    "organs_mr": {"background": 0, "right_kidney": 1, "left_kidney": 2},
    "organs_mr4": {"background": 0, "liver": 1, "spleen": 2, "kidneys": 3},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("organs")
    for kind in ORGAN_SETS:
        write(root / kind, kind)
    return {kind: root / kind for kind in ORGAN_SETS}


def write(output: Path, kind: str, scans: int = SCANS, seed: int = 5) -> None:
    write_nnunet(output, kind, scans, seed, (8.0, 8.0, 8.0))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", ORGAN_SETS)
def test_layout_is_nnunets(folders: dict[str, Path], kind: str) -> None:
    folder, channels = folders[kind], ORGAN_SETS[kind].channels
    listing = json.loads((folder / "dataset.json").read_text())
    assert list(listing["channel_names"].values()) == list(channels)
    assert list(listing["channel_names"]) == [str(number) for number in range(len(channels))]
    assert listing["labels"] == LABELS[kind]
    assert (listing["numTraining"], listing["file_ending"]) == (SCANS, ".nii.gz")
    cases = {f"imagesTr/organs_{n:03d}" for n in range(SCANS)} | {"imagesTs/organs_900"}
    expected = {f"{case}_{n:04d}.nii.gz" for case in cases for n in range(len(channels))}
    expected |= {f"labelsTr/organs_{n:03d}.nii.gz" for n in range(SCANS)}
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*.nii.gz")} == expected
    readme = (folder / "README.txt").read_text()
    assert "SYNTHETIC" in readme
    assert ("PD = sqrt(x)" in readme) == (kind != "organs_ct")


@pytest.mark.parametrize("kind", ORGAN_SETS)
def test_files_of_a_case_lie_on_one_grid_in_either_order(
    folders: dict[str, Path], kind: str
) -> None:
    orders = set()
    for path in sorted(folders[kind].glob("labelsTr/*.nii.gz")):
        label = nib.load(path)
        orders.add("".join(nib.aff2axcodes(label.affine)))
        assert np.asanyarray(label.dataobj).dtype == np.uint8
        stem = path.name.removesuffix(".nii.gz")
        for channel in folders[kind].glob(f"imagesTr/{stem}_*.nii.gz"):
            image = nib.load(channel)
            assert image.shape == label.shape
            np.testing.assert_array_equal(image.affine, label.affine)
    assert orders == {"RAS", "LAS"}


@pytest.mark.parametrize("kind", ORGAN_SETS)
def test_preparation_takes_names_channels_and_classes(
    folders: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    prepare_listed("nnunet", folders[kind], tmp_path, spacing=8.0, workers=1)
    listing = json.loads((tmp_path / "datalist.json").read_text())
    assert {name: int(value) for value, name in listing["labels"].items()} == LABELS[kind]
    assert listing["scan"]["channels"] == list(ORGAN_SETS[kind].channels)
    assert listing["scan"]["intensity"] == ("hu" if kind == "organs_ct" else "percentile")
    items = [item for part in ("training", "validation", "test") for item in listing[part]]
    assert len(items) == SCANS * len(ORGAN_SETS[kind].channels)
    values = sorted(set(LABELS[kind].values()) - {0})
    labelled = [item["label_values"] for item in items if "label" in item]
    assert labelled == [values] * SCANS


def test_truth_holds_a_gain_for_each_channel(folders: dict[str, Path]) -> None:
    truth = json.loads((folders["organs_mr4"] / "truth" / "organs_000.json").read_text())
    assert list(truth["gains"]) == ["T1", "T2", "PD", "T1ce"]
    path = folders["organs_mr4"] / "imagesTr" / "organs_000"
    t1, t2 = (np.asanyarray(nib.load(f"{path}_{n:04d}.nii.gz").dataobj) for n in (0, 1))
    one, two = t1 / truth["gains"]["T1"], t2 / truth["gains"]["T2"]
    tissue = one > 0.12
    np.testing.assert_allclose(two[tissue], 1.1 - one[tissue], atol=0.01)


def test_a_second_run_completes_what_a_stopped_one_left(folders: dict[str, Path]) -> None:
    folder = folders["organs_mr4"]
    before = contents(folder)
    (folder / "truth" / "organs_001.json").unlink()
    (folder / "labelsTr" / "organs_002.nii.gz").unlink()
    (folder / "imagesTr" / "organs_000_0002.nii.gz").write_bytes(b"half")
    (folder / "imagesTs" / "organs_900_0003.nii.gz").unlink()
    write(folder, "organs_mr4")
    assert contents(folder) == before


def test_other_settings_are_refused(folders: dict[str, Path]) -> None:
    folder = folders["organs_ct"]
    before = contents(folder)
    with pytest.raises(UserError, match="holds 4 scans of other settings"):
        write(folder, "organs_ct", seed=6)
    with pytest.raises(UserError, match="neither empty nor a folder of these phantoms"):
        write(folder, "organs_mr")
    with pytest.raises(UserError, match="more scans than asked for"):
        write(folder, "organs_ct", scans=2)
    assert contents(folder) == before
