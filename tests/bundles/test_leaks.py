"""What a model, or the weights it started from, has seen is not scored without a word."""

import json
import re
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.transfer import ancestry

from .conftest import BUNDLES, TASKS, command, tiny

PRETRAIN, TASK = "pretrain_autoencoder", TASKS[0]


def names_in(prepared, *splits):
    listing = json.loads((prepared / "datalist.json").read_text())
    return {item["id"] for split in splits for item in listing[split]}


def test_fine_tuning_of_fine_tuning_keeps_all_generations(run_bundle, tmp_path, prepared):
    first, second, third = (str(tmp_path / name) for name in ("first", "second", "third"))
    run_bundle(PRETRAIN, ["train"], output_dir=first, **tiny(PRETRAIN))
    run_bundle(TASK, ["train"], output_dir=second, pretrained=first, **tiny(TASK))
    run_bundle(TASK, ["train"], output_dir=third, pretrained=f"{second}/model.pt", **tiny(TASK))
    found = ancestry(third)
    assert [one.name for one in found] == [TASK, TASK, PRETRAIN]
    seen = [{scan["id"] for scans in one.data.values() for scan in scans} for one in found]
    assert seen[2] == names_in(prepared, "training", "validation")
    assert seen[0] == seen[1] <= seen[2]
    # The way of the demo: the test split is untouched.
    run_bundle(TASK, ["train", "evaluate"], output_dir=third, **tiny(TASK))
    assert not any("overlap" in key for key in metrics_of(third))


def test_weights_that_a_handler_loads_are_ancestors_too(run_bundle, tmp_path):
    overlay, models = tmp_path / "continue.json", tmp_path / "models"
    loader = {
        "_target_": "CheckpointLoader",
        "load_path": str(models / "model.pt"),
        "load_dict": {"model": "@network_def"},
    }
    overlay.write_text(json.dumps({"+train#handlers": [loader]}))
    run_bundle(TASK, ["train"], output_dir=str(models), **tiny(TASK))
    for name in ("run.json", "checkpoint.pt"):  # as MONAI Label starts another round
        (models / name).unlink()
    files = [str(BUNDLES / TASK / "configs" / "train.json"), str(overlay)]
    settings = {**tiny(TASK), "config_file": files}
    run_bundle(TASK, ["train"], output_dir=str(models), **settings)
    assert len(ancestry(models)) == 2
    assert ancestry(models)[0].sha256 != ancestry(models)[1].sha256


def metrics_of(folder):
    return json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))


def test_the_command_line_says_it_in_one_line(run_bundle, shell, prepared, tmp_path):
    settings = {**tiny(TASK), "output_dir": str(tmp_path / "models")}
    run_bundle(TASK, ["train"], **settings)
    done = shell(command(TASK, ["train", "evaluate"], prepared, split="validation", **settings))
    assert done.returncode == 1
    (line,) = [text for text in done.stderr.splitlines() if "overlap" in text]
    assert "in its validation" in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("bundle", [PRETRAIN, *TASKS])
def test_a_model_is_not_scored_on_its_own_scans(bundle, run_bundle, data_of, tmp_path):
    settings = {**tiny(bundle), "output_dir": str(tmp_path)}
    run_bundle(bundle, ["train"], **settings)
    for split in ("training", "validation"):
        with pytest.raises(RuntimeError) as error:
            run_bundle(bundle, ["train", "evaluate"], split=split, **settings)
        reason = error.value.__cause__
        assert isinstance(reason, UserError)
        assert re.search(rf"in its {split}.*allow_overlap", str(reason))
        assert not (tmp_path / "metrics.json").exists()
    allowed = {**settings, "split": "validation", "allow_overlap": True}
    run_bundle(bundle, ["train", "evaluate"], **allowed)
    metrics = metrics_of(tmp_path)
    assert metrics["overlap_count"] == len(metrics["overlap_scans"]) > 0
    names = {text.split(":")[0] for text in metrics["overlap_scans"]}
    assert names <= names_in(data_of(bundle), "validation")
