"""Keys that commands set on top of a config."""

import shutil
import sys

import pytest
from monai.bundle import ConfigParser

from medssl.analysis import bundles
from medssl.analysis.bundles import override, read_config, run_here
from medssl.errors import UserError
from medssl.files import write_json
from medssl.study.bundle_keys import configure
from medssl.zoo.library import package_name

from ..bundles.conftest import BUNDLES


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("temprature", 1, "--temprature: no such key in the config .did you mean --temperature"),
        ("temperature", "", "^--temperature: empty, expected a value; is a variable of the shell"),
        ("temperature", "hot", "temperature: hot, expected a number, such as 0.07"),
    ],
)
def test_what_no_config_takes_is_told_by_its_key(key, value, message):
    with pytest.raises(UserError, match=message):
        override(ConfigParser({"temperature": 0.07}), {key: value})


def test_a_precision_that_nobody_checks_is_refused():
    parser = read_config(BUNDLES / "pretrain_rotation")
    for key in ("precision", "validate#precision", "train#inferer#amp"):
        with pytest.raises(UserError, match=f"{key}: fp16, but amp .*; give --amp fp16 instead"):
            override(parser, {key: "fp16"})
    override(parser, {"amp": "off"})
    assert parser.get_parsed_content("precision") == "off"


def test_code_from_elsewhere_is_told_once_before_it_can_run(tmp_path, capsys):
    read_config(BUNDLES / "pretrain_rotation")
    assert not capsys.readouterr().err
    configs = tmp_path / "theirs" / "configs"
    shutil.copytree(BUNDLES / "pretrain_rotation" / "configs", configs)
    for _ in range(2):
        read_config(configs.parent)
    assert capsys.readouterr().err == f"running the code of the configs in {configs}\n"


def test_a_bundle_that_brings_its_library_is_from_elsewhere_wherever_it_lies(
    tmp_path, monkeypatch, capsys
):
    """`medssl fetch` unpacks among a checkout's own."""
    monkeypatch.setattr(bundles, "_OURS", tmp_path)
    configs = tmp_path / "fetched" / "configs"
    shutil.copytree(BUNDLES / "pretrain_rotation" / "configs", configs)
    bundles.tell_of_code(tmp_path / "own" / "configs")
    assert not capsys.readouterr().err
    package = tmp_path / "fetched" / package_name("fetched", "0.1.0")
    package.mkdir()
    (package / "__init__.py").touch()
    read_config(configs.parent)
    assert capsys.readouterr().err == f"running the code of the configs in {configs}\n"


def test_code_that_runs_here_is_told_before_it_can_run(tmp_path, capfd):
    configs = tmp_path / "theirs" / "configs"
    said = [f"running the code of the configs in {configs}", "theirs"]
    told = "$print('theirs', file=__import__('sys').stderr, flush=True)"
    write_json(configs / "train.json", {"run": [told]})
    run_here([str(configs / "train.json")], {})
    assert [line for line in capfd.readouterr().err.splitlines() if line in said] == said


def test_what_it_takes_is_set():
    parser = ConfigParser({"temperature": 0.07, "data": "x"})
    override(parser, {"temperature": "$1 / 4", "data": "a#b"})
    found = [parser.get_parsed_content(key) for key in ("temperature", "data")]
    assert found == [0.25, "a#b"]


@pytest.mark.parametrize("size", [[8, 8, 8], [20, 20, 20], [64, 64]])
def test_a_size_is_refused_in_a_process_as_on_the_command_line(size):
    configs = BUNDLES / "volume_segmentation" / "configs"
    with pytest.raises(UserError, match=r"crop_size: .*, expected three voxel counts"):
        run_here([str(configs / "train.json")], {"crop_size": size})
    with pytest.raises(UserError, match=r"x: volume_segmentation: crop_size: .*, expected three"):
        configure("volume_segmentation").check({"crop_size": size}, "x")


@pytest.mark.parametrize("content", ['{"a": ', "[1]", "\udcff", '{"a":' * 100_000, "3"])
def test_a_config_that_is_none_is_named(content, tmp_path):
    (tmp_path / "configs").mkdir()
    path = tmp_path / "configs" / "train.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"train.json: (no valid config|expected an object)"):
        read_config(path)
    with pytest.raises(UserError, match=r"train.json: (no valid config|expected an object)"):
        run_here([str(path)], {})


def test_a_release_finds_the_library_that_it_brings_along(tmp_path, monkeypatch):
    """As MONAI's own run does, wherever the release lies."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    library = tmp_path / "release" / "medssl_release_0_1_0"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("def answer(): return 42", encoding="utf-8")
    made = {"network_def": {"_target_": "medssl_release_0_1_0.answer"}}
    write_json(tmp_path / "release" / "configs" / "train.json", made)
    assert read_config(tmp_path / "release").get_parsed_content("network_def") == 42
