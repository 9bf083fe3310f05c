"""Bad input to preparation: one line that names it, and nothing half-written."""

import re
from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.readers import source_of

from ..scans import save_nifti, small_ct
from .test_any_folder import PATTERNS, prepare


def break_scans(folder):
    """One scan of each broken kind."""
    ct = small_ct().astype(np.float32)
    spoiled = {
        "nan": np.where(ct > 200, np.nan, ct),
        "constant": np.full_like(ct, -1000),
        "unit": (ct - ct.min()) / np.ptp(ct),
        "flat": ct[..., 0],
        "slice": ct[..., :1],
    }
    for name, array in spoiled.items():
        save_nifti(folder / name / "ct.nii.gz", array)
    (folder / "empty").mkdir()
    (folder / "empty" / "ct.nii.gz").write_bytes(b"")
    whole = (folder / "case0" / "ct.nii.gz").read_bytes()
    (folder / "half").mkdir()
    (folder / "half" / "ct.nii.gz").write_bytes(whole[: len(whole) // 2])
    return sorted([*spoiled, "empty", "half"])


def test_broken_scans_stop_with_a_list_and_nothing_half_written(scans, tmp_path):
    names = break_scans(scans)
    out = tmp_path / "out"
    with pytest.raises(UserError) as caught:
        prepare(scans, out, **PATTERNS)
    text = str(caught.value)
    assert "\n" not in text
    assert f"{len(names)} unusable" in text
    assert "--skip-broken" in text
    listed = re.findall(r"(\w+)/ct\.nii\.gz: ", text)
    assert listed == names[:5]
    assert "and 2 more" in text
    assert not (out / "datalist.json").exists()
    assert not list(out.rglob("*.tmp"))


def test_broken_scans_are_skipped_on_request(scans, tmp_path):
    names = break_scans(scans)
    manifest = prepare(scans, tmp_path / "out", skip_broken=True, **PATTERNS)
    assert len(manifest["scans"]) == 7
    assert [row["source"].split("/")[0] for row in manifest["skipped"]] == names
    assert all(row["reason"] for row in manifest["skipped"])


def refusing(way):
    """A way of Path to look at a file, closed for one of them."""

    def refuse(path, *args, **more):
        if path.parent.name == "case0" and path.name == "ct.nii.gz":
            raise PermissionError(13, "Permission denied", str(path))
        return way(path, *args, **more)

    return refuse


@pytest.mark.parametrize("ways", [("is_file", "stat", "open"), ("open",)])
def test_a_file_that_may_not_be_read_is_one_broken_scan(scans, tmp_path, monkeypatch, ways):
    """Of a folder that may not be entered, and of the file itself; root could read both."""
    for name in ways:
        monkeypatch.setattr(Path, name, refusing(getattr(Path, name)))
    manifest = prepare(scans, tmp_path / "out", skip_broken=True, **PATTERNS)
    reason = "ct.nii.gz: cannot be opened (Permission denied)"
    assert manifest["skipped"] == [{"source": "case0/ct.nii.gz", "reason": reason}]
    if "is_file" in ways:
        with pytest.raises(UserError, match=r"case0/ct\.nii\.gz: cannot be opened"):
            source_of(scans / "case0" / "ct.nii.gz")


def test_label_of_another_shape_names_both(scans, tmp_path):
    save_nifti(scans / "case0" / "nodules.nii.gz", np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(UserError, match=r"nodules.*\(5, 5, 5\).*\(14, 12, 10\)"):
        prepare(scans, tmp_path / "out", **PATTERNS)


def test_nothing_but_broken_scans(tmp_path):
    save_nifti(tmp_path / "in" / "a.nii.gz", np.zeros((4, 4, 4), np.int16))
    with pytest.raises(UserError, match="no scan is left"):
        prepare(tmp_path / "in", tmp_path / "out", skip_broken=True)


def test_empty_folder_names_the_suffixes(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match=r"in: no scan.*\.nii\.gz.*\.mhd.*DICOM"):
        prepare(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": "*/scan.nii.gz"}, r"images: nothing in .* matches"),
        ({"images": "*/ct.nii.gz", "labels": "*/mask.nii.gz"}, "labels: nothing"),
        ({"images": "case0/*.nii.gz", "labels": "*/nodules.nii.gz"}, "labels: no image.*case0"),
        ({"images": "*/*.nii.gz"}, "both have the id 'ct'"),
        ({"images": "case0/ct.nii.gz"}, r"has no \*"),
        ({"spacing": 0}, "spacing"),
        ({"spacing": "fine"}, "spacing"),
        ({"spacing": (1, 1)}, "spacing"),
        ({"workers": 0}, "workers"),
        ({"seed": "abc"}, "seed"),
        ({"folds": 1}, "folds"),
        ({"fractions": (0.5, 0.5)}, "fractions"),
        ({"fractions": (0.5, 0.5, 0.5)}, "fractions"),
        ({"fractions": (0, 0.5, 0.5)}, "fractions"),
        ({"fractions": "most"}, "fractions"),
        ({"hu_clip": (100, -100)}, "hu_clip"),
        ({"hu_clip": -100}, "hu_clip"),
        ({"patients": "nobody.csv"}, "patients"),
    ],
)
def test_bad_arguments_name_themselves(scans, tmp_path, options, message):
    with pytest.raises(UserError, match=message) as caught:
        prepare(scans, tmp_path / "out", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name\na,b\n", "expected id,patient"),
        ("id,patient\ncase0,a\ncase0,b\n", "case0 two patients"),
        ("id,patient\ncase77,a\n", "case77 are no case"),
    ],
)
def test_bad_patients_table(scans, tmp_path, text, message):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        prepare(scans, tmp_path / "out", patients=tmp_path / "p.csv", **PATTERNS)


def test_missing_source(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        prepare(tmp_path / "nowhere", tmp_path / "out")


def test_output_is_a_file(scans, tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(UserError, match="not a folder"):
        prepare(scans, tmp_path / "out", **PATTERNS)
