"""A bundle's paths are those that were typed, whatever fire and MONAI's parser take them for."""

import json
import sys

import pytest

from medssl.analysis.bundles import read_config
from medssl.engines.written import read_words
from medssl.errors import UserError
from tests.warm import run_warm


def test_a_bundle_takes_paths_as_they_are_typed(tmp_path):
    """From the command line, an args_file and the config itself."""
    keys = ("dataset_dir", "output_dir", "model", "pretrained", "points", "note", "rate")
    told = "{" + ", ".join(f"'{key}': @{key}" for key in keys) + "}"
    config = {
        "imports": ["$import json", "$from pathlib import Path"],
        **dict.fromkeys(keys),
        "points": "p#1",
        "model": "$@output_dir + '/model.pt'",
        "initialize": ["$print(@rate)"],
        "run": [
            {"_target_": "medssl.engines.guard_command_line"},
            f"$Path('told.json').write_text(json.dumps({told}))",
        ],
    }
    (tmp_path / "train.json").write_text(json.dumps(config))
    (tmp_path / "args.json").write_text(json.dumps({"pretrained": 2024, "dataset_dir": "x"}))
    words = ["--config_file", "train.json", "--args_file", "args.json", "--dataset_dir", "1e3"]
    words += ["--output_dir=run#1", "--note", "n#1", "--rate", "1e3", "--logging_file", "False"]
    done = run_warm([sys.executable, "-W", "ignore", "-m", "monai.bundle", "run", *words], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "told.json").read_text()) == {
        "dataset_dir": "1e3",
        "output_dir": "run#1",
        "model": "run#1/model.pt",
        "pretrained": "2024",
        "points": "p#1",
        "note": "n#1",
        "rate": 1000.0,
    }


def test_true_false_and_null_are_what_json_means_by_them(tmp_path):
    """Although MONAI drops what is None, and an option without a value is true."""
    keys = ("compile", "deterministic", "skip", "patience", "fold", "note")
    told = "{" + ", ".join(f"'{key}': @{key}" for key in keys) + "}"
    config = {
        "imports": ["$import json", "$from pathlib import Path"],
        **{"compile": True, "deterministic": False, "skip": "$'x' == 'x'", "note": "n"},
        **{"patience": 5, "fold": 0},
        "run": [
            {"_target_": "medssl.engines.guard_command_line"},
            f"$Path('told.json').write_text(json.dumps({told}))",
        ],
    }
    (tmp_path / "train.json").write_text(json.dumps(config))
    (tmp_path / "args.json").write_text(json.dumps({"skip": "false"}))
    words = ["--config_file", "train.json", "--args_file", "args.json", "--compile", "false"]
    words += ["--patience", "None", "--fold=null", "--note", "true", "--deterministic"]
    words += ["--logging_file", "False"]
    done = run_warm([sys.executable, "-W", "ignore", "-m", "monai.bundle", "run", *words], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "told.json").read_text()) == {
        "compile": False,
        "deterministic": True,
        "skip": False,
        "patience": None,
        "fold": None,
        "note": "true",
    }


@pytest.mark.parametrize(
    "text", ["max_epochs: 1:30", "seed: 010", "seed: 1\nseed: 2", "rate: 1e-3"]
)
def test_an_overlay_that_is_read_otherwise_than_it_looks_is_refused(tmp_path, text):
    config = tmp_path / "train.json"
    config.write_text(json.dumps({"max_epochs": 1, "seed": 0, "rate": 0.1}))
    for name in ("more.yml", "more.YAML"):
        overlay = tmp_path / name
        overlay.write_text(text, encoding="utf-8")
        files = f"['{config}','{overlay}']"
        for reading in (
            lambda files=files: read_words(["--config_file", files]),
            lambda overlay=overlay: read_words(["--args_file", str(overlay)]),
            lambda overlay=overlay: read_config([config, overlay]),
        ):
            with pytest.raises(UserError, match=rf"{name}: no valid YAML"):
                reading()
