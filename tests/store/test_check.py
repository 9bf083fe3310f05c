"""`medssl prepare check` names what is damaged; the same `medssl prepare` mends it."""

import json
import os
import re

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.prepare import Prepare
from medssl.sources import prepare_images
from medssl.store import StoredVolume, write_volume
from medssl.store.check import check_volumes

PATTERNS = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}


@pytest.fixture
def prepared(scans, tmp_path):
    prepare_images(scans, tmp_path / "out", workers=1, **PATTERNS)
    return tmp_path / "out"


def flip(path, place, bit=3):
    """Change one bit and keep the time, as a bad disk does."""
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def faults(folder):
    return {each.name: each.fault for each in check_volumes(folder) if each.fault}


def damage(prepared):
    """A chunk, attributes and a checksum, each in another file."""
    image = prepared / "volumes" / "case0.b2nd"
    flip(image, 200)
    flip(prepared / "volumes" / "case1.b2nd", image.stat().st_size // 2)
    flip(prepared / "labels" / "case2.b2nd", -2)
    return {"volumes/case0.b2nd", "volumes/case1.b2nd", "labels/case2.b2nd"}


def test_damaged_volumes_are_named_and_mended_by_preparing_again(prepared, scans, capsys):
    sound = {p: p.read_bytes() for p in prepared.rglob("*.b2nd")}
    Prepare().check(str(prepared))
    assert "13 volumes, 0 damaged" in capsys.readouterr().out
    names = damage(prepared)
    assert set(faults(prepared)) == names
    with pytest.raises(UserError, match=r"out: 3 damaged volume\(s\); run the same[^\n]*$"):
        Prepare().check(str(prepared))
    shown = capsys.readouterr().out
    assert all(re.search(rf"^{name} +not a readable", shown, re.M) for name in names)
    prepare_images(scans, prepared, workers=1, **PATTERNS)
    assert faults(prepared) == {}
    for path, content in sound.items():
        before = StoredVolume(path).read_all()
        path.write_bytes(content)
        np.testing.assert_array_equal(StoredVolume(path).read_all(), before)


def test_missing_volumes_and_sound_files_with_other_voxels(prepared):
    (prepared / "labels" / "case3.b2nd").unlink()
    volume = StoredVolume(prepared / "volumes" / "case4.b2nd")
    array = volume.read_all()
    array[0, 0, 0] += 1
    write_volume(volume.path, array, volume.affine, volume.attributes)
    assert faults(prepared) == {
        "labels/case3.b2nd": "missing",
        "volumes/case4.b2nd": "not what manifest.json names; delete it",
    }


def test_a_folder_that_is_not_prepared_or_whose_manifest_is_damaged(prepared, tmp_path):
    with pytest.raises(UserError, match=r"none: not a prepared data set"):
        check_volumes(tmp_path / "none")
    manifest = prepared / "manifest.json"
    for content in ("{", "[]", '{"scans": [{}]}', json.dumps({"scans": 3})):
        manifest.write_text(content)
        with pytest.raises(UserError, match=r"manifest.json: [^\n]*medssl prepare[^\n]*$"):
            check_volumes(prepared)
