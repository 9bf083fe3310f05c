"""The table of methods says what the bundles say."""

import json
from pathlib import Path

import pytest

from medssl.analysis.bundles import find_bundles, read_config
from medssl.analysis.methods import check_page, cite, count_parameters, describe, methods_page
from medssl.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = {
    "training_step": [
        {"bundle": "pretrain_rotation", "failed": "out of memory"},
        {"bundle": "pretrain_rotation", "full_s": 2.0, "batch": 4, "peak_mib": 10},
        {"bundle": "pretrain_rotation", "full_s": 1.25, "batch": 4, "peak_mib": 12345},
        {"bundle": "pretrain_simclr", "full_s": 0.5, "batch": 4, "peak_mib": 9},
    ]
}


@pytest.fixture
def copied(tmp_path):
    """One bundle's configs in another folder, to be changed."""
    source = ROOT / "bundles" / "pretrain_rotation" / "configs"
    target = tmp_path / "bundles" / "pretrain_rotation" / "configs"
    target.mkdir(parents=True)
    for name in ("train.json", "metadata.json"):
        (target / name).write_text((source / name).read_text())
    return target.parent


def test_the_page_in_the_repository_is_up_to_date():
    check_page(ROOT / "docs" / "methods.md", methods_page(ROOT / "bundles"))


def test_every_bundle_has_its_row():
    rows = [line for line in methods_page().splitlines() if line.startswith("| pretrain_")]
    assert [row.split(" | ")[0][2:] for row in rows] == [
        folder.name for folder in find_bundles(pattern="pretrain_*")
    ]


@pytest.mark.parametrize(("bundle", "parameters"), [("rotation", 7_563_338), ("simclr", 7_421_760)])
def test_parameters_are_those_of_the_network(bundle, parameters):
    assert count_parameters(read_config(ROOT / "bundles" / f"pretrain_{bundle}")) == parameters


def test_a_row_follows_the_configs_and_the_benchmarks(copied):
    row = describe(copied, BENCHMARKS)
    assert (row.family, row.loss) == ("predictive", "CrossEntropyLoss")
    assert row.input.endswith(", 64 x 64 x 64")
    assert (row.step, row.memory) == ("1.25 (4)", "12,345")
    config = json.loads((copied / "configs" / "train.json").read_text())
    config |= {"crop_size": [32, 32, 32], "base_channels": 2}
    (copied / "configs" / "train.json").write_text(json.dumps(config))
    changed = describe(copied, {})
    assert changed.input.endswith(", 32 x 32 x 32")
    assert int(changed.parameters.replace(",", "")) < 100_000
    assert (changed.step, changed.memory) == ("-", "-")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Doe J. One 2010 title. ICLR 2018.", "Doe 2018"),
        ("Doe J, Roe R. Title. ICLR 2018.", "Doe & Roe 2018"),
        ("Doe J, Roe R, Poe E. Title. ICLR 2018.", "Doe et al. 2018"),
        ("Doe-Roe J, et al. Title. Journal 67, 2021.", "Doe-Roe et al. 2021"),
    ],
)
def test_citation(reference, expected):
    assert cite(["the study", reference]) == expected


@pytest.mark.parametrize(
    ("pretext", "message"),
    [
        ({"family": "predictive", "input": "a cube"}, 'metadata.json: "pretext" lacks labels'),
        ({"family": "magic", "input": "a cube", "labels": "x"}, "family 'magic', expected one of"),
    ],
)
def test_incomplete_metadata_are_named(copied, pretext, message):
    path = copied / "configs" / "metadata.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pretext": pretext}))
    with pytest.raises(UserError, match=message):
        describe(copied, {})


def test_an_old_page_and_a_folder_without_bundles_are_refused(tmp_path):
    (tmp_path / "methods.md").write_text("old")
    with pytest.raises(UserError, match=r"methods\.md: out of date; run `medssl methods --write"):
        check_page(tmp_path / "methods.md", "new")
    with pytest.raises(UserError, match="no bundle pretrain_\\* in it; name their folder"):
        methods_page(tmp_path)
