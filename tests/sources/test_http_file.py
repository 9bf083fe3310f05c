"""Fetching a file from a server on this machine: continued, checked, and failing in one line."""

import pytest

from medssl.errors import UserError
from medssl.sources.http_file import fetch

from .server import md5

PAYLOAD = bytes(range(256)) * 4000


def test_a_file_arrives_whole_and_is_not_fetched_twice(server, tmp_path):
    server.files["a.bin"] = PAYLOAD
    for _ in range(2):
        path = fetch(server.url("a.bin"), tmp_path / "new" / "a.bin", md5(PAYLOAD))
        assert path.read_bytes() == PAYLOAD
    assert server.asked == [("a.bin", 0)]
    assert [entry.name for entry in path.parent.iterdir()] == ["a.bin"]


def test_a_broken_connection_is_continued(server, tmp_path):
    server.files["a.bin"], server.cuts, server.cut = PAYLOAD, 2, 300_000
    fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert (tmp_path / "a.bin").read_bytes() == PAYLOAD
    assert [start for _, start in server.asked] == [0, 300_000, 600_000]


def test_a_connection_that_always_breaks_gives_up_and_a_second_call_goes_on(server, tmp_path):
    server.files["a.bin"], server.cuts, server.cut = PAYLOAD, 5, 100_000
    with pytest.raises(UserError, match=r"broke off 5 times.*run the same command again"):
        fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert not (tmp_path / "a.bin").exists()
    fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert server.asked[-1] == ("a.bin", 500_000)
    assert (tmp_path / "a.bin").read_bytes() == PAYLOAD


def test_a_server_that_cannot_continue_sends_all_of_it(server, tmp_path):
    server.files["a.bin"], server.ranges = PAYLOAD, False
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert (tmp_path / "a.bin").read_bytes() == PAYLOAD


def test_a_part_that_is_whole_is_taken(server, tmp_path):
    server.files["a.bin"] = PAYLOAD
    (tmp_path / "a.bin.part").write_bytes(PAYLOAD)
    fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert (tmp_path / "a.bin").read_bytes() == PAYLOAD


def test_a_wrong_checksum_removes_the_file(server, tmp_path):
    server.files["a.bin"] = PAYLOAD
    with pytest.raises(UserError, match=r"md5 .* differs .* removed") as caught:
        fetch(server.url("a.bin"), tmp_path / "a.bin", md5(b"other"))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_no_server_and_no_file_say_what_to_do(server, tmp_path):
    path = tmp_path / "a.bin"
    for url in ("http://127.0.0.1:9/a.bin", server.url("nothing.bin"), "http://nowhere.invalid/a"):
        with pytest.raises(UserError, match=r"cannot be fetched.*by hand") as caught:
            fetch(url, path, md5(PAYLOAD))
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
    assert not path.exists()


def test_a_file_of_this_machine_is_not_fetched(tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(UserError, match="file is neither http nor https"):
        fetch((tmp_path / "secret").as_uri(), tmp_path / "out", md5(b"x"))
    assert not (tmp_path / "out").exists()


def test_a_file_that_has_moved_is_found_but_nowhere_less_safe(server, tmp_path):
    server.files["a.bin"] = PAYLOAD
    server.moved = {"old.bin": server.url("a.bin"), "away.bin": "ftp://127.0.0.1:9/a.bin"}
    path = fetch(server.url("old.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert path.read_bytes() == PAYLOAD
    with pytest.raises(UserError, match=r"/away\.bin: sends on to ftp://.*not http or https"):
        fetch(server.url("away.bin"), tmp_path / "b.bin", md5(PAYLOAD))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_full_disk_is_noticed_first(server, tmp_path, monkeypatch):
    server.files["a.bin"] = PAYLOAD
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(UserError, match="GB needed"):
        fetch(server.url("a.bin"), tmp_path / "a.bin", md5(PAYLOAD))
    assert not list(tmp_path.iterdir())
