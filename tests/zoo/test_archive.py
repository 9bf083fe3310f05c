"""Archives: the same bytes for the same content, and nothing lands outside when unpacked."""

import os
import stat
import zipfile

import pytest

from medssl.errors import UserError
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


@pytest.mark.parametrize(
    "name", ["../evil", "bundle/../../evil", "/etc/evil", "bundle\\..\\evil", "C:/evil"]
)
def test_traversal_is_refused_and_nothing_is_written(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "1.zip", "w") as archive:
        archive.writestr("bundle/good", "x")
        archive.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(UserError, match="would land outside") as error:
        unpack(tmp_path / "1.zip", tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob("**/evil"))


def test_links_and_several_top_folders_are_refused(tmp_path):
    link = zipfile.ZipInfo("bundle/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for number, names in enumerate(([link], ["a/x", "b/x"])):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "/etc/passwd")
    with pytest.raises(UserError, match="is a link"):
        unpack(tmp_path / "0.zip", tmp_path / "out")
    with pytest.raises(UserError, match="one top directory"):
        unpack(tmp_path / "1.zip", tmp_path / "out")


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
