"""Files are fetched over http from the harness itself, and what has come of one is torn."""

import subprocess
import sys
from pathlib import Path

import pytest

from faulting import attempt
from faults import served
from faults.fault import EQUAL, TOO_FEW, Fault
from medssl.sources.http_file import fetch

ROOT = Path(__file__).resolve().parents[2]


def test_the_server_gives_the_rest_of_a_file(tmp_path):
    _, url, path, checksum = served._download(None, tmp_path)
    whole = served._server().files["scans.bin"]
    (tmp_path / "scans.bin.part").write_bytes(whole[:-100])
    assert fetch(url, Path(path), checksum).read_bytes() == whole
    assert served._server().asked[-1] == ("scans.bin", len(whole) - 100)


def test_the_command_for_a_file_fetches_it(tmp_path):
    words = [sys.executable, "-m", *served._download(None, tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, timeout=120)
    assert (tmp_path / "scans.bin").stat().st_size == served._SIZE


@pytest.mark.parametrize(
    ("alive", "compared", "outcomes"),
    [
        ([True] * 3, ["0"], {EQUAL: 1}),
        ([True, False, True, True], ["0", "1"], {EQUAL: 2}),
        ([False] * 9, [str(number) for number in range(9)], {TOO_FEW: 1}),
    ],
)
def test_what_had_come_as_a_whole_is_not_torn(monkeypatch, tmp_path, alive, compared, outcomes):
    ends, seen, came = iter(alive), [], 1 << 20

    def more_comes(words, _folder):
        part = Path(f"{words[2]}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as stream:
            stream.write(bytes(came))

    monkeypatch.setattr(served, "start", more_comes)
    monkeypatch.setattr(served, "wait_until", lambda *_: True)
    monkeypatch.setattr(served, "kill", lambda _: next(ends))
    monkeypatch.setattr(served, "run_well", lambda *_: None)
    monkeypatch.setattr(served.Maker, "check", lambda _, __, made: seen.append(made))
    row = attempt(Fault("Torn", "part", "", served._torn, 3), tmp_path, 0)
    assert (row["outcomes"], row["times"]) == (outcomes, sum(alive))
    assert [made.parent.name for made in seen] == compared
    part = seen[-1] / "scans.bin.part"
    assert (part.stat().st_size % came == 0) == (not any(alive))
