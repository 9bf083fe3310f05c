"""Fetch against a server on the loopback interface."""

import json
import zipfile

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.zoo import fetch
from medssl.zoo.fetch import choose, resolve

from .conftest import NAME


def test_fetch_from_server_and_folder(served, tmp_path):
    folder, url = served
    for number, source in enumerate((url, str(folder))):
        target = fetch(NAME, source, tmp_path / str(number))
        assert (target / "models" / "model.pt").is_file()
        assert target == tmp_path / str(number) / NAME


def test_the_latest_version_counts_numbers_not_letters(served, tmp_path):
    folder, _ = served
    path = folder / "model_info.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    entry = info.pop(f"{NAME}_v0.1.0")
    path.write_text(json.dumps({f"{NAME}_v0.9.0": {"sha256": "x"}, f"{NAME}_v0.10.0": entry}))
    assert fetch(NAME, str(folder), tmp_path / "out").is_dir()
    with pytest.raises(UserError, match=r"no version 0.1.0 of pretrain_simclr; it has 0.9.0, 0.10"):
        fetch(NAME, str(folder), tmp_path / "out", "0.1.0")


def test_a_flipped_byte_is_refused_and_nothing_is_unpacked(served, tmp_path):
    folder, url = served
    archive = folder / f"{NAME}_v0.1.0.zip"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    with pytest.raises(UserError, match="damaged on the way or tampered with") as error:
        fetch(NAME, url, tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_well_signed_but_unsafe_archive_is_refused(served, tmp_path):
    folder, url = served
    archive = folder / f"{NAME}_v0.1.0.zip"
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("../evil", "x")
    info = json.loads((folder / "model_info.json").read_text(encoding="utf-8"))
    info[f"{NAME}_v0.1.0"]["sha256"] = sha256_of(archive)
    (folder / "model_info.json").write_text(json.dumps(info))
    with pytest.raises(UserError, match="would land outside"):
        fetch(NAME, url, tmp_path / "out")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("pretrain_vicreg", "{folder}", "no bundle 'pretrain_vicreg'; it has lung_nodule"),
        (NAME, "{url}/nowhere", "cannot be fetched"),
        (NAME, "http://127.0.0.1:9", "cannot be fetched"),
        (NAME, "somewhere", "expected a URL, a folder, or github"),
    ],
)
def test_bad_requests_are_one_line(served, tmp_path, name, source, message):
    folder, url = served
    with pytest.raises(UserError, match=message) as error:
        fetch(name, source.format(folder=folder, url=url), tmp_path / "out")
    assert "\n" not in str(error.value)


def test_an_unencrypted_source_is_told(capsys):
    assert resolve("http://host/dist") == "http://host/dist/"
    assert "http://host/dist: not encrypted" in capsys.readouterr().err
    resolve("https://host/dist")
    assert capsys.readouterr().err == ""


def test_github_releases():
    expected = "https://github.com/owner/medssl/releases/download/v0.1.0/"
    assert resolve("github:owner/medssl@v0.1.0") == expected


def test_an_entry_whose_content_cannot_be_checked_is_not_chosen():
    entry = {"sha256": "x", "source": "a/b_v0.2.0.zip"}
    info = {"b_v0.2.0": entry, "b_v0.10.0": {"source": "a"}, "b_c_v9.0.0": entry, "b_vnext": entry}
    assert choose(info, "b", "0.2.0", "base") is entry
    with pytest.raises(UserError, match=r"base: no SHA-256 of b in model_info\.json"):
        choose(info, "b", "", "base")


def test_a_folder_of_zips_alone_is_told_how_to_get_an_index(tmp_path):
    with pytest.raises(UserError, match=r"no model_info\.json in it; write it: `medssl index"):
        fetch("pretrain_simclr", str(tmp_path), tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": 3}, "source: 3, expected text"),
        ({"sha256": [[]]}, "sha256: a list, expected text"),
        ({"source": ""}, "no source of"),
    ],
)
def test_an_index_that_is_none_is_refused(served, tmp_path, change, message):
    folder, _ = served
    path = folder / "model_info.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    info[f"{NAME}_v0.1.0"] |= change
    path.write_text(json.dumps(info))
    with pytest.raises(UserError, match=message):
        fetch(NAME, str(folder), tmp_path / "out")
