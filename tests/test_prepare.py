"""``medssl prepare``: its commands hand over what they were given, and tell what came of it."""

import inspect
import json
import re
from functools import partial
from pathlib import Path

import pytest
from fire import docstrings

from medssl import sources
from medssl.errors import UserError
from medssl.phantom import prepare_phantom
from medssl.prepare import Prepare


@pytest.mark.parametrize(
    ("command", "function"),
    [
        ("images", sources.prepare_images),
        ("luna16", sources.prepare_luna16),
        ("lidc", sources.prepare_lidc),
        ("msd_liver", partial(sources.prepare_liver, "msd_liver")),
        ("lits", partial(sources.prepare_liver, "lits")),
        ("phantom", prepare_phantom),
    ],
)
def test_prepare_names_exactly_the_options_that_there_are(command, function):
    said = set(getattr(Prepare, command)._options)
    assert said == set(inspect.signature(function).parameters) - {"data_set"}


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


@pytest.mark.parametrize(
    ("given", "meant"),
    [(True, True), (False, False), ("true", True), ("True", True), ("false", False)],
)
def test_a_switch_is_on_or_off(given, meant, monkeypatch):
    """``--skip_broken false`` comes as text, which would be on."""
    calls = []
    monkeypatch.setattr(sources, "prepare_images", lambda *_, **options: calls.append(options))
    with pytest.raises(AttributeError):  # nothing was prepared that could be told
        Prepare().images("in", "out", skip_broken=given)
    assert calls == [{"skip_broken": meant}]


@pytest.mark.parametrize("key", ["skip_broken", "download"])
def test_a_switch_of_another_value_is_refused(key, tmp_path):
    expected = f"^{key}: 'maybe', expected no value, true or false$"
    with pytest.raises(UserError, match=expected):
        Prepare().luna16(str(tmp_path), str(tmp_path / "out"), **{key: "maybe"})


REFERRING = ("lits", "decathlon")  # their options are "those of" another


@pytest.mark.parametrize("command", sorted(name for name in vars(Prepare) if name[0] != "_"))
def test_help_tells_every_option(command):
    """Fire takes a line that has a colon within the list of options for another parameter."""
    method = getattr(Prepare, command)
    told = {one.name: one.description for one in docstrings.parse(inspect.getdoc(method)).args}
    assert set(told) <= {*inspect.signature(method).parameters}
    if (listed := told.get("options")) and command not in REFERRING:
        assert set(re.findall(r"\w+", listed)) >= {*method._options} - {*told, "output"}
