"""Misspelt keys and one-line errors."""

import json
import logging
import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from medssl.analysis.bundles import checked_overrides
from medssl.engines import guard
from medssl.engines.guard import (
    misspelt_keys,
    plain_texts,
    too_many_workers,
    unchecked_precision,
    unfit_parts,
    unknown_overrides,
)
from medssl.engines.usable import no_values, unusable
from medssl.engines.written import read_words, typed
from medssl.errors import UserError, one_line
from medssl.signals import Interrupted, interruption
from tests.warm import run_warm

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"
BUNDLE_COMMAND = "/lib/monai/bundle/__main__.py"
CONFIGS = sorted(BUNDLES.glob("*/configs/*.json"))


pytestmark = pytest.mark.usefixtures("own_signals")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "train.json"
    component = {"_target_": "Trainer", "key": "@max_epochs", "items": [{"a": 1}]}
    train = {"x": 1, "trainer": component}
    content = {"max_epochs": 3, "crop_size": [64, 64, 32], "train": train, "run": []}
    network = {"_target_": "medssl.networks.UNet3D"}
    path.write_text(json.dumps({**content, "network_def": network}))
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        (["--max_epochs", "5"], []),
        (["--max_epochs=5", "--train#x", "2", "--train::x=3"], []),
        (["--tracking", "mlflow", "--run_id", "run", "--logging_file", "False"], []),
        (["--max_epoch", "5"], ["--max_epoch (did you mean --max_epochs?)"]),
        (["--zzz#x=5"], ["--zzz#x"]),
        (["--train#trainer#amp", "True", "--train#trainer#items#0#a=2"], []),
        (["--train#trainer#key#inside", "1"], []),
        (["--train#y=1"], ["--train#y"]),
        (["--train#x#y=1"], ["--train#x#y"]),
        (["--train#trainer#items#1#a=2"], ["--train#trainer#items#1#a"]),
        (["--train#trainers#amp=True"], ["--train#trainers#amp"]),
    ],
)
def test_unknown_overrides_are_found(config, arguments, unknown):
    assert unknown_overrides(read_words(["run", "--config_file", config, *arguments])) == unknown


def test_overlays_and_args_file_count_as_config(config, tmp_path):
    overlay, args = tmp_path / "paper.json", tmp_path / "args.json"
    overlay.write_text(json.dumps({"extra": 1, "+initialize": []}))
    files = f"['{config}','{overlay}']"
    assert unknown_overrides(read_words(["--config_file", files, "--extra", "2"])) == []
    args.write_text(json.dumps({"config_file": [config, str(overlay)], "extras": 1}))
    assert unknown_overrides(read_words(["run", "--args_file", str(args)])) == [
        "--extras (did you mean --extra?)"
    ]


def test_a_misspelt_key_of_an_overlay_is_named(config, tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("crop_siez: 3\nown: 4\nmax_epoch: 5\nval_interval: '@max_epoch'\n")
    words = read_words(["--config_file", f"['{config}','{overlay}']"])
    assert misspelt_keys(words) == ["crop_siez (did you mean crop_size?)"]


@pytest.mark.parametrize("bundle", sorted(path.name for path in BUNDLES.iterdir()))
def test_no_overlay_of_a_bundle_is_misspelt(bundle):
    configs = BUNDLES / bundle / "configs"
    for path in set(configs.glob("*.json")) - {configs / "metadata.json"}:
        first = configs / ("inference.json" if "inference" in path.name else "train.json")
        words = read_words(["--config_file", f"['{first}','{path}']"])
        assert misspelt_keys(words) == [], path.name


def test_the_guard_is_silent_outside_the_bundle_command(monkeypatch):
    monkeypatch.setattr("sys.argv", ["pytest", "--nonsense", "1"])
    guard.guard_command_line()


def test_the_guard_stops_the_bundle_command(monkeypatch, config):
    arguments = [BUNDLE_COMMAND, "run", "--config_file", config, "--epoch", "1"]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(guard, "_NoTracebacks", lambda: logging.Filter())
    with pytest.raises(SystemExit, match="no such key in the config: --epoch"):
        guard.guard_command_line()


@pytest.mark.parametrize("key", ["pretrained", "crop_size", "network_def#y", "logging_file"])
@pytest.mark.parametrize("words", [("--{key}", ""), ("--{key}=",), ("--{key}", "", "--seed", "1")])
def test_an_empty_option_is_a_variable_that_is_not_set(monkeypatch, config, key, words):
    given = [word.format(key=key) for word in words]
    monkeypatch.setattr("sys.argv", [BUNDLE_COMMAND, "run", "--config_file", config, *given])
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(guard, "_NoTracebacks", lambda: logging.Filter())
    with pytest.raises(SystemExit, match=f"medssl: --{key}: empty, expected a value; is a variab"):
        guard.guard_command_line()


def test_a_path_alone_is_one_too_and_no_axis_is_a_value(tmp_path):
    """``--pretrained $WEIGHTS --seed 1`` without quotes; a switch alone is true."""
    words = read_words(["--pretrained", "--compile", "--flip_axes", "", "--model", "-n", "--table"])
    assert [line.split(":")[0] for line in no_values(words.given)] == [
        *("--pretrained", "--model", "--table")
    ]
    assert (words.given["compile"], words.given["flip_axes"]) == ("True", "")


CHOICE = {"_target_": "medssl.engines.chosen_precision", "amp": "@amp", "device": "@device"}


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["--amp", "bf16"], ""),
        (["--precision", "bf16"], "precision: bf16, but amp alone says in what precision"),
        (["--precision=fp16"], "precision: fp16, but amp"),
        (["--validate#precision", "off"], "validate#precision: off, but amp"),
        (["--train::inferer::amp", "bf16"], "train::inferer::amp: bf16, but amp"),
        (["--precision#amp", "bf16"], ""),  # which is checked
        (["--args_file", "args.json"], "precision: bf16, but amp"),
        (["--overlay", "--precision", "fp32"], ""),
    ],
)
def test_a_precision_that_goes_round_amp_is_refused(words, refused, tmp_path, monkeypatch):
    """But what a config file has in its place, as inference_trt.json, may be changed."""
    monkeypatch.chdir(tmp_path)
    inferer = {"_target_": "medssl.engines.AutocastInferer", "amp": "@precision"}
    parts = {"train": {"inferer": inferer}, "validate": {"precision": CHOICE}}
    content = {"amp": "auto", "device": "cpu", "precision": CHOICE, **parts}
    (tmp_path / "train.json").write_text(json.dumps(content))
    (tmp_path / "trt.json").write_text(json.dumps({"precision": "fp16"}))
    (tmp_path / "args.json").write_text(json.dumps({"precision": "bf16"}))
    files = ["train.json", *(["trt.json"] if "--overlay" in words else [])]
    given = [word for word in words if word != "--overlay"]
    read = read_words(["run", "--config_file", str(files), *given])
    found = unchecked_precision(read.config, typed(read))
    assert found.startswith(refused)
    assert bool(found) == bool(refused)


LOST = "expected a key of the config after @"
NO_PART = (
    "expected an object with a _target_; leave it out for the bundle's own, or name another class "
    "as --network_def#_target_"
)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--max_epochs", "@max_epoch"], f"@max_epoch, {LOST} (did you mean @max_epochs?)"),
        (["--train#x", "$1 + @train#z"], f"$1 + @train#z, {LOST}"),
        (["--network_def", "null"], f"null, {NO_PART}"),
        (["--network_def", "3"], f"3, {NO_PART}"),
        (["--network_def", "unet"], f"unet, {NO_PART}"),
        (["--network_def", "@train"], ""),
        (["--network_def", "{'_target_':'A'}"], ""),
        (["--train#x", "@train::trainer::items#0#a", "--max_epochs", "$@##x @ 2"], ""),
        (["--train#x", "a@b", "--train", "3"], ""),
        (["--train#x", "@own", "--+own", "3"], ""),
    ],
)
def test_references_to_nothing_and_values_for_parts_are_refused(config, words, line):
    read, key = read_words(["run", "--config_file", config, *words]), words[0].removeprefix("--")
    assert unfit_parts(read.config, typed(read)) == ([f"{key}: {line}"] if line else [])
    if line:
        with pytest.raises(UserError, match=rf"^{key}: {re.escape(line)}$"):
            checked_overrides(read.config, {key: typed(read)[key]})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--network_def", "null"], "network_def: null, expected an object with a _target_; leave"),
        (["--max_epochs", "0"], "max_epochs: 0, expected a whole number, 1 or more"),
        (["--train#x=half"], "train#x: half, expected a number, such as 1"),
    ],
)
def test_a_number_that_no_run_can_start_with_stops_it(monkeypatch, config, words, message):
    arguments = [BUNDLE_COMMAND, "run", "--config_file", config]
    monkeypatch.setattr("sys.argv", [*arguments, *words])
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(guard, "_NoTracebacks", lambda: logging.Filter())
    with pytest.raises(SystemExit, match=message):
        guard.guard_command_line()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: abc", "seed: abc, expected a whole number"),
        ("seed: null", "seed: null, expected a whole number"),
        ("batch_size: x", "batch_size: x, expected a whole number, 1 or more"),
        ("max_epochs: 1.5", "max_epochs: 1.5, expected"),
        ("learning_rate: -1", "learning_rate: -1, expected a number above 0"),
        ("crop_size: [8, 8]", r"crop_size: \[8, 8\], expected three voxel counts"),
    ],
)
def test_overlays_are_looked_at_as_the_command_line_is(
    monkeypatch, config, tmp_path, text, message
):
    (tmp_path / "more.yaml").write_text(text, encoding="utf-8")
    files = f"['{config}','{tmp_path}/more.yaml']"
    arguments = [BUNDLE_COMMAND, "run", "--config_file", files]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setattr(guard, "_NoTracebacks", lambda: logging.Filter())
    with pytest.raises(SystemExit, match=message):
        guard.guard_command_line()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: "/".join(path.parts[-3::2]))
def test_what_bundles_hold_themselves_is_usable(path):
    assert unusable(plain_texts(ConfigParser.load_config_file(path))) == []


def nested(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("Failed to instantiate\nmany lines") from cause
    except RuntimeError as outer:
        return outer


def test_the_message_is_the_users_or_the_root_cause():
    assert one_line(nested(UserError("window: wrong"))) == "window: wrong"
    assert one_line(nested(KeyError("image"))) == "KeyError: 'image'"
    sent = "Original Traceback (most recent call last):\nmedssl.errors.UserError: x.nii: bad\n"
    worker = RuntimeError(f"Caught UserError in DataLoader worker process 0.\n{sent}")
    assert one_line(worker) == "x.nii: bad"


def test_a_start_is_not_called_a_resume():
    kept = guard._NoTracebacks().filter
    line = "Engine run resuming from iteration {}, epoch 0 until 6 epochs"
    assert not kept(logging.makeLogRecord({"msg": line.format(0)}))
    assert kept(logging.makeLogRecord({"msg": line.format(12)}))


@pytest.mark.parametrize("make", [KeyboardInterrupt, partial(Interrupted, signal.SIGTERM)])
def test_a_signal_is_one_line_and_its_status(make, capsys):
    error = make()
    number = interruption(error)
    with pytest.raises(SystemExit) as left:
        guard._excepthook(type(error), error, None)
    assert left.value.code == 128 + number
    line = f"medssl: interrupted ({signal.Signals(number).name}), nothing is left half-written"
    assert capsys.readouterr().err.startswith(line)


@pytest.mark.parametrize(
    ("text", "lines"), [("DataLoader worker (pid 7) is killed by signal: Killed.", 0), ("x", 1)]
)
def test_a_worker_s_death_that_torch_raises_where_nothing_can_be_is_no_news(
    text, lines, monkeypatch, capsys
):
    """As in a hook of a fork, where the next loader's workers start."""
    monkeypatch.setattr("sys.unraisablehook", guard._unraisablehook)

    class Broken:
        def __del__(self):
            raise RuntimeError(text)

    Broken()
    assert capsys.readouterr().err.count("RuntimeError: ") == lines


def test_a_bundle_command_ends_by_a_signal_in_one_line_with_its_status(tmp_path):
    end = "__import__('os').kill(__import__('os').getpid(), 15)"
    content = {
        "run": [{"_target_": "medssl.engines.guard_command_line"}, f"${end}", "$print('on')"]
    }
    (tmp_path / "config.json").write_text(json.dumps(content))
    words = ["monai.bundle", "run", "--config_file", "config.json", "--logging_file", "False"]
    done = run_warm([sys.executable, "-W", "ignore", "-m", *words], tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (143, 1)
    assert done.stderr.startswith("medssl: interrupted (SIGTERM), nothing is left half-written")
    assert "on" not in done.stdout.split()


@pytest.mark.parametrize(("given", "refused"), [("0", False), ("16", False), ("17", True)])
def test_more_workers_than_the_memory_holds_are_refused(monkeypatch, config, given, refused):
    monkeypatch.setattr(guard.os, "cpu_count", lambda: 2)
    words = read_words(["--config_file", config, "--num_workers", given])
    assert bool(too_many_workers(words)) == refused
