"""Archives: the same bytes for the same content, unpacked whole or not at all."""

import errno
import os
import subprocess
import sys

import pytest

from medssl.errors import UserError
from medssl.zoo import archive
from medssl.zoo.archive import unpack, write_archive


def folder(root, name="bundle"):
    """A folder of two files, written in an order that depends on the name of the root."""
    files = {"configs/train.json": "{}", "models/model.pt": "weights" * 1000}
    for inside in sorted(files, reverse=root.name == "b"):
        path = root / name / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[inside])
    (root / name / ".hidden").write_text("secret")
    return root / name


def test_equal_content_gives_equal_bytes_wherever_and_whenever(tmp_path):
    first, second = folder(tmp_path / "a"), folder(tmp_path / "b")
    os.utime(second / "models" / "model.pt", (1, 1))
    (second / "models" / "model.pt").chmod(0o600)
    write_archive(first, tmp_path / "1.zip")
    write_archive(second, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_round_trip(tmp_path):
    write_archive(folder(tmp_path / "a"), tmp_path / "1.zip")
    target = unpack(tmp_path / "1.zip", tmp_path / "out")
    assert target == tmp_path / "out" / "bundle"
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files == {"configs/train.json", "models/model.pt"}
    assert (target / "models" / "model.pt").read_text() == "weights" * 1000
    with pytest.raises(UserError, match="is there already"):
        unpack(tmp_path / "1.zip", tmp_path / "out")


def test_of_two_at_once_one_is_told_that_the_bundle_is_there(tmp_path, monkeypatch):
    """The other has put it there since it was looked for."""
    write_archive(folder(tmp_path / "a"), tmp_path / "1.zip")
    first = archive.remove_stale  # of what is done once the bundle has been looked for

    def meanwhile(place):
        monkeypatch.setattr(archive, "remove_stale", first)
        unpack(tmp_path / "1.zip", place)

    monkeypatch.setattr(archive, "remove_stale", meanwhile)
    with pytest.raises(UserError, match="out/bundle: is there already"):
        unpack(tmp_path / "1.zip", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bundle"]


def test_a_flipped_byte_and_no_zip_are_one_line(tmp_path):
    write_archive(folder(tmp_path / "a"), tmp_path / "1.zip")
    content = bytearray((tmp_path / "1.zip").read_bytes())
    place = content.find(b"bundle/models/model.pt") + 24
    content[place] ^= 0xFF
    (tmp_path / "1.zip").write_bytes(content)
    (tmp_path / "2.zip").write_text("no zip")
    for name in ("1.zip", "2.zip"):
        with pytest.raises(UserError, match="download it again") as error:
            unpack(tmp_path / name, tmp_path / "out")
        assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_what_a_killed_packing_left_is_removed_by_the_next(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    stale = tmp_path / "dist" / f".1.zip.{ended.pid}.tmp"
    stale.parent.mkdir()
    stale.write_bytes(b"half")
    write_archive(folder(tmp_path / "a"), tmp_path / "dist" / "1.zip")
    assert [path.name for path in stale.parent.iterdir()] == ["1.zip"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    write_archive(folder(tmp_path / "a"), tmp_path / "1.zip")
    (tmp_path / "there").mkdir()

    def full(source, target, *_):
        target.write(source.read(3))
        raise OSError(errno.ENOSPC, "No space left on device", "model.pt")

    monkeypatch.setattr("shutil.copyfileobj", full)
    for out in ("new", "there"):
        with pytest.raises(UserError, match=r"model\.pt: cannot be .* \(No space left"):
            unpack(tmp_path / "1.zip", tmp_path / out)
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "there").iterdir()) == []


def test_what_a_killed_process_left_is_removed(tmp_path):
    write_archive(folder(tmp_path / "a"), tmp_path / "1.zip")
    left = tmp_path / "out" / ".bundle.99999999.tmp" / "bundle"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    unpack(tmp_path / "1.zip", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bundle"]
