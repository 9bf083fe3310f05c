"""What no released bundle holds is refused by one line, before anything is written."""

import itertools
import random
import stat
import struct
import warnings
import zipfile

import pytest

from medssl import archives
from medssl.engines.provenance import read_provenance
from medssl.errors import UserError
from medssl.weights import read_weights, weights_sha256
from medssl.zoo.archive import unpack
from medssl.zoo.index import read_release


def make(path, *names, content="x", method=zipfile.ZIP_DEFLATED):
    """An archive with one good entry before those asked for."""
    with zipfile.ZipFile(path, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        archive.writestr("bundle/good", "x")
        for name in names:
            archive.writestr(name, content)
    return path


def refused(path, tmp_path, message):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=message) as error:
        unpack(path, tmp_path / "out")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("bundle_v0.1.0.zip: ")
    for reader in (read_release, read_provenance, read_weights, weights_sha256):
        with pytest.raises(UserError, match=message):
            reader(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bundle_v0.1.0.zip"


@pytest.mark.parametrize(
    "name", ["../evil", "bundle/../../evil", "/etc/evil", "bundle\\..\\evil", "C:/evil", "bare"]
)
def test_what_would_land_outside(tmp_path, path, name):
    refused(make(path, zipfile.ZipInfo(name)), tmp_path, "would land outside")


@pytest.mark.parametrize("name", ["", ".", "./", "././"])
def test_no_name(tmp_path, path, name):
    refused(make(path, zipfile.ZipInfo(name)), tmp_path, "entry .* has no name")


@pytest.mark.parametrize(
    ("kind", "message"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "neither"), (stat.S_IFCHR, "neither")],
)
def test_links_and_devices(tmp_path, path, kind, message):
    entry = zipfile.ZipInfo("bundle/link")
    entry.external_attr = (kind | 0o777) << 16
    refused(make(path, entry, content="/etc/passwd"), tmp_path, message)


@pytest.mark.parametrize("second", ["bundle/good", "bundle/./good", "bundle//good", "bundle/GOOD"])
def test_one_name_twice(tmp_path, path, second):
    refused(make(path, second), tmp_path, "is there twice")


def test_a_file_that_is_a_folder(tmp_path, path):
    refused(make(path, "bundle/good/more"), tmp_path, "'bundle/good' is a file and a folder")


def test_several_top_folders(tmp_path, path):
    refused(make(path, "other/x"), tmp_path, "one top directory")


@pytest.mark.parametrize(
    ("bit", "message"), [(0, "is encrypted"), (5, "is packed in a way"), (6, "is encrypted")]
)
def test_encrypted_and_patched_entries(tmp_path, path, bit, message):
    """Said by general flags in the archive's directory."""
    content = bytearray(make(path).read_bytes())
    place = content.index(b"PK\x01\x02") + 8
    content[place : place + 2] = struct.pack("<H", 1 << bit)
    path.write_bytes(content)
    refused(path, tmp_path, message)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("else")])
def test_what_goes_wrong_beside_the_archive_is_no_fault_of_it(path, error):
    with pytest.raises(type(error)) as caught, archives.open_release(make(path)):
        raise error
    assert caught.value is error


def test_an_archive_without_its_start_is_told_by_its_name(path):
    """Its directory places an entry before the file's first byte."""
    make(path, "bundle/large", content=random.Random(0).randbytes(4000).hex())
    path.write_bytes(path.read_bytes()[3000:])
    for read in (read_all, lambda path: unpack(path, path.parent / "out")):
        with pytest.raises(UserError, match=r"^\S*bundle_v0\.1\.0\.zip: not a readable zip"):
            read(path)
    assert not (path.parent / "out").exists()


def read_all(path):
    with archives.open_release(path) as (archive, _):
        for entry in archive.infolist():
            archive.read(entry)


def flipped(content):
    content[content.index(b"bundle/x") + 100] ^= 1


def longer_than_the_file(content):
    """By the sizes in its directory, packed and unpacked, at 20 and 24."""
    place = content.rindex(b"PK\x01\x02") + 20
    content[place : place + 8] = struct.pack("<2I", 1 << 20, 1 << 20)


def begins_at_the_end(content):
    place = content.rindex(b"PK\x01\x02") + 42
    content[place : place + 4] = struct.pack("<I", len(content) - 9)


@pytest.mark.parametrize(
    ("damage", "method"),
    [
        *itertools.product(
            [flipped, begins_at_the_end], [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
        ),
        (longer_than_the_file, zipfile.ZIP_STORED),  # packed data have an end of their own
    ],
)
def test_a_damaged_entry_is_told_by_the_archive(path, damage, method):
    noise = bytes(random.Random(0).randbytes(4000))
    content = bytearray(make(path, "bundle/x", content=noise, method=method).read_bytes())
    damage(content)
    path.write_bytes(content)
    message = rf"^{path}: not a readable zip \([^\n]*\); download it again$"
    with pytest.raises(UserError, match=message), archives.open_release(path) as (archive, _):
        archive.read("bundle/x")


def test_another_way_of_packing(tmp_path, path):
    refused(make(path, "bundle/x", method=zipfile.ZIP_LZMA), tmp_path, "is packed in a way")


def test_a_bomb_is_known_by_what_the_archive_says_of_itself(tmp_path, path):
    make(path, "bundle/models/model.pt", content=b"\0" * (17 << 20))
    refused(path, tmp_path, r"KiB that unpack to 17 MiB, more than 50 times as much")


def test_more_than_a_bundle_can_be(tmp_path, path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 20)
    refused(make(path, "bundle/x", content=b"\0" * (2 << 20)), tmp_path, "2 MiB, more than 1;")
    monkeypatch.setattr(archives, "MOST_ENTRIES", 2)
    refused(make(path, "bundle/x", "bundle/y"), tmp_path, "3 entries, more than 2")


def test_an_entry_longer_than_it_says_ends_there(tmp_path, path):
    """Its declared length is what was counted, so nothing beyond it may be written."""
    make(path, "bundle/x", content=b"\0" * 4000)
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a readable zip"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_text_too_large_for_memory_is_refused_unread(tmp_path, path, monkeypatch):
    """Within the ratio of what archives may hold, whoever reads it."""
    monkeypatch.setattr(archives, "MOST_TEXT", 1 << 20)
    files = ("bundle/configs/metadata.json", "bundle/models/provenance.json")
    make(path, *files, content=b" " * (2 << 20))
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    for reader in (read_release, read_provenance):
        with pytest.raises(UserError, match=r"json unpacks to 2 MiB, more than 1; do not use it$"):
            reader(path)


def test_json_nested_without_end(tmp_path, path):
    deep = "[" * 200_000
    make(path, "bundle/configs/metadata.json", "bundle/models/provenance.json", content=deep)
    with pytest.raises(UserError, match="no released bundle"):
        read_release(path)
    with pytest.raises(UserError, match=r"damaged \(nested too deeply\)"):
        read_provenance(path)
