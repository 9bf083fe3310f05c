"""Index and fetch against a server on the loopback interface."""

import functools
import http.server
import json
import shutil
import threading
import zipfile

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.zoo import fetch, write_index
from medssl.zoo.fetch import resolve

NAME = "pretrain_simclr"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(releases, tmp_path):
    """A copy of the releases, its index, and the URL that serves it."""
    folder = tmp_path / "served"
    shutil.copytree(releases, folder)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        write_index(folder, url)
        yield folder, url
        server.shutdown()


def test_the_index_has_the_zoos_form_and_a_card_for_each(served):
    folder, url = served
    info = json.loads((folder / "model_info.json").read_text(encoding="utf-8"))
    assert set(info) == {f"{NAME}_v0.1.0", "lung_nodule_ct_segmentation_v0.1.0"}
    entry = info[f"{NAME}_v0.1.0"]
    assert entry["source"] == f"{url}/{NAME}_v0.1.0.zip"
    assert entry["sha256"] == sha256_of(folder / f"{NAME}_v0.1.0.zip")
    assert len(entry["checksum"]) == 40
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == 2
    assert f"medssl fetch {NAME} --source {url}" in page
    assert page.count("weights: Apache-2.0<br>data: none, synthetic") == 2
    assert "<script" not in page


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


def test_github_releases():
    expected = "https://github.com/owner/medssl/releases/download/v0.1.0/"
    assert resolve("github:owner/medssl@v0.1.0") == expected


def test_an_empty_folder_has_no_index(tmp_path):
    with pytest.raises(UserError, match="medssl pack"):
        write_index(tmp_path)
