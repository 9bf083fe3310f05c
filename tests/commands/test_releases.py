"""Commands on releases hand on what was asked for and fail where something failed."""

import json
from pathlib import Path

import pytest

from medssl.commands import Releases
from medssl.errors import UserError
from medssl.zoo.verify import CHECKS, QUICK
from medssl.zoo.verify.report import Result


@pytest.fixture
def bundles(tmp_path):
    """A folder of two bundles, as far as a command looks at them."""
    for name in ("b", "a"):
        (tmp_path / name / "configs").mkdir(parents=True)
        (tmp_path / name / "configs" / "metadata.json").write_text("{}")
    return tmp_path


def test_pack_takes_one_bundle_or_all_of_a_folder(asked, bundles, tmp_path, capsys):
    archive = tmp_path / "x.zip"
    archive.write_bytes(bytes(3 * 2**20))
    calls = asked("medssl.zoo.pack", archive)
    Releases().pack("one", "there", models="runs/x", licence="CC0")
    assert calls == [
        {
            **{"bundle": Path("one"), "output": "there", "models": "runs/x"},
            **{"allow_untrained": False, "licence": "CC0"},
        }
    ]
    assert capsys.readouterr().out == f"{archive}: 3.0 MiB\n"
    Releases().pack(all=True, allow_untrained=True, bundles=str(bundles))
    assert [call["bundle"].name for call in calls[1:]] == ["a", "b"]
    assert all(call["allow_untrained"] for call in calls[1:])


@pytest.mark.parametrize("both", [{}, {"bundle": "one", "all": True}])
def test_neither_and_both_are_refused(both):
    with pytest.raises(UserError, match="pack: expected the folder of a bundle, or --all"):
        Releases().pack(**both)
    sources = [both["bundle"]] if both else []
    with pytest.raises(UserError, match="verify: expected bundle folders or zips, or --all"):
        Releases().verify(*sources, all=bool(both))


@pytest.mark.parametrize(("good", "status"), [(True, 0), (False, 1)])
def test_verify_counts_and_its_status_tells(good, status, asked, capsys):
    results = [Result("a", "files", True, "", 0.1), Result("a", "name", good, "why", 0.1)]
    calls = asked("medssl.zoo.verify.run_checks", results)
    try:
        Releases().verify("one", "two.zip")
        found = 0
    except SystemExit as end:
        found = end.code
    assert found == status
    assert [(call["source"], call["names"]) for call in calls] == [
        ("one", tuple(CHECKS)),
        ("two.zip", tuple(CHECKS)),
    ]
    failed = 0 if good else 2
    printed = capsys.readouterr()
    assert printed.out.endswith(f"{4 - failed} passed, {failed} failed\n")
    assert printed.err == "running the code that is in these bundles\n"


def test_verify_all_quick_knows_the_versions_in_use(asked, bundles, tmp_path):
    calls = asked("medssl.zoo.verify.run_checks", [])
    released = tmp_path / "model_info.json"
    released.write_text(json.dumps({"a_v0.1.0": {}}))
    Releases().verify(all=True, quick=True, released=str(released), bundles=str(bundles))
    assert [call["source"].name for call in calls] == ["a", "b"]
    assert {call["names"] for call in calls} == {QUICK}
    assert {call["used"] for call in calls} == {frozenset({"a_v0.1.0"})}


def test_index_fetch_and_push_hand_on_their_words(asked, capsys):
    index, fetched = asked("medssl.zoo.write_index", "i"), asked("medssl.zoo.fetch", "f")
    pushed = asked("medssl.zoo.push.push", "u")
    Releases().index("dist", "https://x")
    Releases().fetch("pretrain_simclr", "github:o/r@t", "here", "0.2.0")
    Releases().push("a.zip", "o/n")
    Releases().push("a.zip", "o/n", public=True)
    assert index == [{"folder": "dist", "base_url": "https://x"}]
    wanted = {"source": "github:o/r@t", "folder": "here", "version": "0.2.0"}
    assert fetched == [{"name": "pretrain_simclr", **wanted}]
    assert [call["private"] for call in pushed] == [True, False], "private unless asked for"
    printed = capsys.readouterr()
    assert printed.out == (
        "written: i and index.html\n"
        "unpacked: f; whoever runs or verifies it runs the code in it\n" + 2 * "uploaded: u\n"
    )
    assert printed.err == 2 * "running the code that is in this bundle\n"


def test_a_card_of_weights_that_were_never_trained_is_refused(bundles):
    with pytest.raises(UserError, match=r"no models/provenance\.json in it; train the bundle"):
        Releases().card(str(bundles / "a"))


def test_a_card_is_made_of_the_metadata_and_the_provenance(asked, bundles, capsys):
    (bundles / "a" / "models").mkdir()
    (bundles / "a" / "models" / "provenance.json").write_text('{"epoch": 3}')
    asked("medssl.zoo.read_metadata", {"name": "a"})
    calls = asked("medssl.zoo.provenance_table", "the table\n")
    Releases().card(str(bundles / "a"))
    assert calls == [{"metadata": {"name": "a"}, "provenance": {"epoch": 3}}]
    assert capsys.readouterr().out == "the table\n"
