"""Fetch against a server on the loopback interface."""

import http.server
import json
import sys
import threading
import zipfile
from http.client import HTTPConnection
from urllib.request import HTTPSHandler

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.zoo import fetch
from medssl.zoo.fetch import choose, resolve

from .conftest import NAME, Quiet


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
        (NAME, "http://" + "a" * 70 + ".b", "cannot be fetched"),
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


class Elsewhere(Quiet):
    """Sends on to where the server is to send to."""

    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", self.server.target + self.path)
        self.end_headers()


@pytest.fixture
def sending(monkeypatch):
    """A server that sends on, by its port; https is spoken here without its encryption."""
    monkeypatch.setattr(
        HTTPSHandler, "https_open", lambda self, asked: self.do_open(HTTPConnection, asked)
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("scheme", "to"), [("http", "http"), ("http", "https"), ("https", "https")]
)
def test_what_sends_on_to_nothing_less_safe_is_followed(served, sending, tmp_path, scheme, to):
    _, url = served
    sending.target = url.replace("http", to, 1)
    source = f"{scheme}://127.0.0.1:{sending.server_port}"
    assert fetch(NAME, source, tmp_path / "out") == tmp_path / "out" / NAME


@pytest.mark.parametrize(
    ("scheme", "target", "allowed"),
    [
        ("http", "ftp://127.0.0.1:9", "http or https"),
        ("https", "ftp://127.0.0.1:9", "https"),
        ("https", "http://127.0.0.1:9", "https"),
    ],
)
def test_what_sends_on_to_less_is_refused(sending, tmp_path, scheme, target, allowed):
    sending.target = target
    source = f"{scheme}://127.0.0.1:{sending.server_port}"
    with pytest.raises(UserError) as error:
        fetch(NAME, source, tmp_path / "out")
    assert str(error.value) == (
        f"{source}/model_info.json: sends on to {target}/model_info.json, which is not {allowed}; "
        "do not use it"
    )


def test_what_sends_on_to_a_file_is_refused(sending, tmp_path):
    """By urllib itself, in one line that names both, too."""
    sending.target = "file:///etc"
    source = f"http://127.0.0.1:{sending.server_port}"
    with pytest.raises(UserError, match=rf"^{source}/.*file:///etc/model_info\.json[^\n]*$"):
        fetch(NAME, source, tmp_path / "out")


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


@pytest.mark.parametrize("version", ["1.x", "1", "1.0", "v0.1.0", "0.1.0-rc1", "9" * 5000 + ".0.0"])
def test_a_version_of_another_form_is_refused(version):
    entry = {"sha256": "x", "source": "a"}
    with pytest.raises(
        UserError, match=r"^version: '.*', expected three numbers, such as 0\.1\.0$"
    ):
        choose({"b_v1.0.0": entry, f"b_v{version}": entry}, "b", version, "base")
    assert choose({"b_v1.0.0": entry, f"b_v{version}": entry}, "b", "", "base") is entry


class Endless(http.server.BaseHTTPRequestHandler):
    """Announces what the server is to announce, and sends blocks until nobody takes them."""

    def do_GET(self):
        self.send_response(200)
        for value in self.server.announced:
            self.send_header("Content-Length", value)
        self.end_headers()
        for _ in range(self.server.blocks):
            try:
                self.wfile.write(bytes(1 << 16))
            except OSError:
                return
        self.server.taken.append(self.path)

    def log_message(self, *_):
        pass


@pytest.fixture
def endless():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.announced, server.blocks, server.taken = [], 10_000, []
        server.handle_error = lambda *_: None  # of whoever no longer listens
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("announced", [[], ["abc"], ["-5"]])
def test_an_index_without_end_is_cut_off(endless, tmp_path, announced):
    server, url = endless
    server.announced = announced
    with pytest.raises(UserError, match=r"/model_info\.json: more than 16 MiB, which[^\n]*$"):
        fetch(NAME, url, tmp_path)
    assert server.taken == []


def test_what_announces_too_much_is_refused_unread(endless, tmp_path):
    server, url = endless
    server.announced, server.blocks = [str(1 << 40)], 0
    with pytest.raises(UserError, match=r"/model_info\.json: more than 16 MiB"):
        fetch(NAME, url, tmp_path)


def test_what_breaks_off_is_told(endless, tmp_path):
    server, url = endless
    server.announced, server.blocks = ["99999"], 1
    with pytest.raises(
        UserError, match=r"cannot be fetched \(broke off after 65536 of 99999 bytes"
    ):
        fetch(NAME, url, tmp_path)


def test_an_archive_is_no_larger_than_a_bundle_may_be(served, tmp_path, monkeypatch):
    _, url = served
    monkeypatch.setattr(sys.modules["medssl.zoo.fetch"], "MOST_BYTES", 1000)
    with pytest.raises(UserError, match=rf"/{NAME}_v0\.1\.0\.zip: more than 0 MiB"):
        fetch(NAME, url, tmp_path / "out")
    assert not (tmp_path / "out").exists()
