"""``medssl prepare``: its commands hand over what they were given, and tell what came of it."""

import json
from pathlib import Path

import pytest

from medssl import sources
from medssl.errors import UserError
from medssl.prepare import Prepare

COMMANDS = [
    ("images", "prepare_images", ()),
    ("luna16", "prepare_luna16", ()),
    ("lidc", "prepare_lidc", ()),
    ("msd_liver", "prepare_liver", ("msd_liver",)),
    ("lits", "prepare_liver", ("lits",)),
]


@pytest.mark.parametrize(("command", "function", "first"), COMMANDS)
def test_each_command_calls_its_own_function_and_tells_its_summary(
    command, function, first, monkeypatch, tmp_path, capsys
):
    calls = []

    def prepared(*places, **options):
        calls.append((places, options))
        (tmp_path / "manifest.json").write_text(json.dumps({"summary": "what there is"}))
        return tmp_path / "datalist.json"

    monkeypatch.setattr(sources, function, prepared)
    monkeypatch.setattr(sources, "describe_summary", lambda *given: f"{given}")
    places = {"source": "in", "output": "out"}
    places |= {"annotations": "xml"} if command == "lidc" else {}
    getattr(Prepare(), command)(**places, seed=3)
    paths = [Path(name) for name in ("in", *(("xml",) if command == "lidc" else ()), "out")]
    assert calls == [((*first, *paths), {"seed": 3})]
    assert capsys.readouterr().out == f"{(tmp_path, 'what there is')}\n"


@pytest.mark.parametrize(("shard", "told"), [("2/3", ""), ("merge/3", "(*)\n"), (None, "(*)\n")])
def test_a_shard_has_no_summary_to_tell_though_an_earlier_one_is_there(
    shard, told, monkeypatch, tmp_path, capsys
):
    (tmp_path / "manifest.json").write_text(json.dumps({"summary": ""}))
    monkeypatch.setattr(sources, "prepare_images", lambda *_, **__: tmp_path / "datalist.json")
    monkeypatch.setattr(sources, "describe_summary", lambda *_: "(*)")
    Prepare().images("in", "out", shard=shard)
    assert capsys.readouterr().out == told


def test_a_phantom_is_made_where_it_was_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr("medssl.phantom.prepare_phantom", lambda *a, **k: calls.append((a, k)))
    Prepare().phantom("out", kind="abdomen")
    assert calls == [((Path("out"),), {"kind": "abdomen"})]


def test_a_check_prints_what_it_found_and_fails_where_any_is_damaged(scans, tmp_path, capsys):
    sources.prepare_images(scans, tmp_path / "out", images="*/ct.nii.gz", workers=1)
    Prepare().check(str(tmp_path / "out"))
    assert capsys.readouterr().out == "7 volumes, 0 damaged\n"
    (tmp_path / "out" / "volumes" / "case3.b2nd").unlink()
    with pytest.raises(UserError, match=r"out: 1 damaged volume\(s\); run the same"):
        Prepare().check(str(tmp_path / "out"))
    assert capsys.readouterr().out.splitlines()[-2].split() == ["volumes/case3.b2nd", "missing"]
