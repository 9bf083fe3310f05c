"""The command's way to a folder: kinds, spacings, arguments that are refused."""

from __future__ import annotations

import csv
from pathlib import Path

import itk
import pytest

from medssl.errors import UserError
from medssl.phantom import luna16, prepare_phantom
from medssl.phantom.folders import KINDS


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(UserError, match="file: expected a folder"):
        prepare_phantom(path, scans=1, spacing=6.0)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"scans": 0}, "--scans"),
        ({"scans": True}, "--scans"),
        ({"scans": "many"}, "--scans"),
        ({"seed": -1}, "--seed"),
        ({"workers": 0}, "--workers"),
        ({"negatives_per_scan": -1}, "--negatives_per_scan"),
        ({"spacing": 0.0}, "--spacing"),
        ({"spacing": (1.0, 1.0)}, "--spacing"),
        ({"spacing": float("nan")}, "--spacing"),
        ({"spacing": "fine"}, "--spacing"),
    ],
)
def test_bad_arguments_write_nothing(
    tmp_path: Path, arguments: dict[str, object], name: str
) -> None:
    with pytest.raises(UserError, match=name) as error:
        prepare_phantom(tmp_path / "out", **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_prepare_takes_one_spacing_for_all_axes(tmp_path: Path) -> None:
    prepare_phantom(str(tmp_path), scans=1, spacing=6, workers=1, negatives_per_scan=0)
    image = itk.imread(str(next(tmp_path.glob("subset0/*.mhd"))))
    assert tuple(image.GetSpacing()) == (6.0, 6.0, 6.0)
    with (tmp_path / "candidates.csv").open(newline="") as stream:
        assert {row["class"] for row in csv.DictReader(stream)} == {"1"}


def test_prepare_knows_the_kinds(tmp_path: Path) -> None:
    prepare_phantom(tmp_path / "a", scans=1, spacing=10, kind="abdomen", workers=1)
    assert (tmp_path / "a" / "imagesTr" / "liver_0.nii.gz").is_file()
    prepare_phantom(tmp_path / "c", scans=1, spacing=10, kind="organs_mr", workers=1)
    assert (tmp_path / "c" / "imagesTr" / "organs_000_0000.nii.gz").is_file()
    kinds = "chest, abdomen, organs_ct, organs_mr, organs_mr4"
    with pytest.raises(UserError, match=f"--kind: 'head', expected one of {kinds}"):
        prepare_phantom(tmp_path / "b", scans=1, kind="head")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_what_others_have_written_is_not_replaced(kind: str, tmp_path: Path) -> None:
    """Tables and lists without scans, as in a prepared folder or where scans are still to come."""
    for name in ("subset0", "imagesTr", "labelsTr"):
        (tmp_path / name).mkdir()
    for name in ("annotations.csv", "candidates.csv", "dataset.json", "labels.csv"):
        (tmp_path / name).write_text("of a hospital")
    before = {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")}
    with pytest.raises(UserError, match="give an empty --output"):
        prepare_phantom(tmp_path, scans=1, spacing=10, kind=kind, workers=1)
    after = {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")}
    assert after == before


def test_a_run_that_was_stopped_at_once_is_known_as_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(output: Path, job: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(luna16, "write_scan", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare_phantom(tmp_path, scans=1, spacing=10, workers=1)
    monkeypatch.undo()
    prepare_phantom(tmp_path, scans=1, spacing=10, workers=1)
    assert (tmp_path / "candidates.csv").is_file()
