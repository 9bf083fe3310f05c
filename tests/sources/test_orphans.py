"""What an earlier preparation left in the folder goes; what is not ours stays."""

import json

import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.sources.orphans import remove_orphans

PATTERNS = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}


def names(folder):
    return sorted(path.name for path in folder.glob("*"))


def test_another_choice_of_scans_leaves_no_volume_behind(scans, tmp_path, capsys):
    out = tmp_path / "out"
    prepare_images(scans, out, **PATTERNS, spacing="native", workers=1)
    foreign = out / "volumes" / "mine.b2nd"
    foreign.write_text("not a volume")
    prepare_images(scans, out, images="case*/ct.nii.gz", spacing="native", workers=1)
    assert names(out / "labels") == []
    assert names(out / "volumes") == [*(f"{i}.b2nd" for i in range(7)), "mine.b2nd"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert any(line.startswith("removed 13 file(s)") for line in manifest["summary"]["warnings"])
    assert foreign.read_text() == "not a volume"


def test_nothing_to_remove_is_nothing_to_say(scans, tmp_path):
    prepare_images(scans, tmp_path, **PATTERNS, spacing="native", workers=1)
    images = [path.stem for path in (tmp_path / "volumes").iterdir()]
    labels = [path.stem for path in (tmp_path / "labels").iterdir()]
    assert remove_orphans(tmp_path, images, labels) == []
    assert len(names(tmp_path / "volumes")) == 7


def test_a_failed_preparation_removes_nothing(scans, tmp_path):
    prepare_images(scans, tmp_path / "out", **PATTERNS, spacing="native", workers=1)
    (scans / "case0" / "ct.nii.gz").write_bytes(b"damaged")
    with pytest.raises(UserError, match="unusable"):
        prepare_images(scans, tmp_path / "out", images="case0/*.nii.gz", workers=1)
    assert len(names(tmp_path / "out" / "volumes")) == 7
