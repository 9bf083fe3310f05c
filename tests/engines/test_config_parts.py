"""Parts that are none are named: lists of lists for a data set, numbers for a class."""

import json
import sys
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from medssl.engines.config_parts import no_parts
from tests.warm import run_warm


def deep(value, levels=30):
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "config",
    [
        {"loader": {"dataset": deep({"_target_": "Dataset"})}},
        {"loaders": [{"dataset": "@data"}], "data": [[1]]},
        {"loaders": [{"dataset": "@train#dataset"}], "train": {"dataset": [3, []]}},
    ],
)
def test_lists_of_lists_are_named(config):
    found = no_parts(config)
    assert found
    assert all("dataset: a list of lists, expected a data set" in line for line in found)
    (key,) = {line.split(":")[0] for line in found if line.startswith("loader")}
    assert ConfigParser(config)[key] is not None


@pytest.mark.parametrize(
    "value", [{"_target_": "Dataset"}, "@data", "$[[1]]", [], [{"image": [[1]]}], [1, 2]]
)
def test_what_may_be_a_data_set_is_left_alone(value):
    assert no_parts({"loader": {"dataset": value}, "data": {"_target_": "Dataset"}}) == []


@pytest.mark.parametrize("value", [3, None, [], {"a": 1}, False])
def test_a_target_that_is_no_text_is_named_with_its_place(value):
    part = {"_target_": "a.b", "given": [{"_target_": value}]}
    (line,) = no_parts({"train": {"parts": [part]}})
    wanted = f"train#parts#0#given#0#_target_: {value}, expected the name of a class or function"
    assert line == wanted


CONFIGS = sorted((Path(__file__).resolve().parents[2] / "bundles").glob("*/configs/*.json"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: "/".join(path.parts[-3::2]))
def test_bundles_hold_none(path):
    assert no_parts(json.loads(path.read_text(encoding="utf-8"))) == []


def test_a_bundle_command_refuses_it(tmp_path):
    loader = {"_target_": "torch.utils.data.DataLoader", "dataset": deep(1)}
    content = {
        "loader": loader,
        "initialize": [{"_target_": "medssl.engines.guard_command_line"}],
        "run": ["$list(@loader)"],
    }
    (tmp_path / "config.json").write_text(json.dumps(content))
    words = ["monai.bundle", "run", "--config_file", "config.json", "--logging_file", "False"]
    done = run_warm([sys.executable, "-W", "ignore", "-m", *words], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("medssl: loader#dataset: a list of lists, expected a data set")
