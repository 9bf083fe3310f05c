"""``evaluate`` judges the very weights that are named, by what is known of them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from medssl.analysis import recollect_model
from medssl.analysis.outcomes import read_outcomes
from medssl.errors import UserError

from .conftest import BUNDLES, PRETEXT, TASKS, tiny

TASK = TASKS[0]


def metrics_of(folder):
    """Also by which weights they are, wherever these lie."""
    found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    if "weights" in found:
        found["weights"].pop("file")
    return found


def cause(run_bundle, bundle, **settings):
    """The line in which an evaluation is refused."""
    with pytest.raises(RuntimeError) as error:
        run_bundle(bundle, ["train", "evaluate"], **settings)
    reason = error.value.__cause__ or error.value
    assert isinstance(reason, UserError)
    return str(reason)


@pytest.fixture
def judge(run_bundle, tmp_path):
    """Evaluate named weights into a folder of their own; nothing but the name is given."""

    def call(model, bundle=TASK, **overrides):
        settings = {"crop_size": [16, 16, 16], "num_workers": 0, "batch_size": 2, **overrides}
        output = tmp_path / f"eval_{len(list(tmp_path.glob('eval_*')))}"
        given = {"model": str(model), "output_dir": str(output), **settings}
        run_bundle(bundle, ["train", "evaluate"], **given)
        return metrics_of(output)

    return call


def train(run_bundle, bundle, folder, **overrides):
    run_bundle(bundle, ["train"], output_dir=str(folder), **{**tiny(bundle), **overrides})
    return folder


def test_two_runs_are_told_apart_by_name_alone(run_bundle, judge, tmp_path, prepared):
    """Their widths differ, and each comes from the file's own folder."""
    one = train(run_bundle, TASK, tmp_path / "one")
    two = train(run_bundle, TASK, tmp_path / "two", base_channels=3, seed=5)
    run_bundle(TASK, ["train", "evaluate"], output_dir=str(one), **tiny(TASK))
    expected = metrics_of(one)
    assert judge(one / "model.pt") == judge(one) == expected
    assert judge(two) != expected
    bundle = tmp_path / "copied_bundle"
    shutil.copytree(one, bundle / "models")
    assert judge(bundle) == expected


def test_a_report_leaves_the_runs_own_figures_alone(run_bundle, tmp_path, prepared):
    """Other weights of a run are judged beside it, by its settings, into another folder."""
    one = train(run_bundle, TASK, tmp_path / "one")
    (one / "metrics.json").write_text("{}")
    places = {"output_dir": str(one), "report_dir": str(tmp_path / "there"), "model": str(one)}
    run_bundle(TASK, ["train", "evaluate"], **{**tiny(TASK), **places})
    assert metrics_of(one) == {}
    assert metrics_of(tmp_path / "there")["dice"] is not None
    assert (tmp_path / "there" / "dice_raw.csv").is_file()
    assert not (one / "dice_raw.csv").exists()
    assert read_outcomes(tmp_path / "there", prepared)
    listing = json.loads((prepared / "datalist.json").read_text())
    listing["test"][0]["label_voxels_sha256"] = 64 * "0"
    (tmp_path / "relabelled").mkdir()
    (tmp_path / "relabelled" / "datalist.json").write_text(json.dumps(listing))
    with pytest.raises(
        UserError, match=r"there/metrics\.json: of other voxels or another label of"
    ):
        read_outcomes(tmp_path / "there", tmp_path / "relabelled")
    (one / "model.pt").write_bytes(b"of a run that went on")
    with pytest.raises(UserError, match=r"there/metrics\.json: not of .*, but of other weights"):
        read_outcomes(tmp_path / "there", prepared)


def test_the_audit_and_the_checks_are_those_of_the_named_file(run_bundle, tmp_path, prepared):
    """The folder of the output knows nothing; the named run has seen its validation scans."""
    one = train(run_bundle, TASK, tmp_path / "one")
    empty = {**tiny(TASK), "model": str(one), "output_dir": str(tmp_path / "empty")}
    assert "in its validation" in cause(run_bundle, TASK, split="validation", **empty)
    wider = {**empty, "base_channels": 8}
    assert "base_channels: 8 is asked for" in cause(run_bundle, TASK, **wider)


def test_weights_beside_the_record_of_others_are_refused(run_bundle, tmp_path, prepared):
    one = train(run_bundle, TASK, tmp_path / "one")
    weights = torch.load(one / "model.pt")
    weights[next(name for name in weights if name.endswith("bias"))] += 1
    torch.save(weights, one / "stranger.pt")
    settings = {**tiny(TASK), "output_dir": str(tmp_path / "eval")}
    line = cause(run_bundle, TASK, model=str(one / "stranger.pt"), **settings)
    assert "describes other weights; move it" in line
    shutil.copyfile(one / "model.pt", one / "best.pt")
    run_bundle(TASK, ["train", "evaluate"], model=str(one / "best.pt"), **settings)


@pytest.mark.parametrize("beside", [True, False])
def test_recollected_statistics_are_judged_with_their_origin(
    beside, run_bundle, judge, tmp_path, prepared
):
    one = train(run_bundle, TASK, tmp_path / "one")
    output = (one if beside else tmp_path / "tbs") / "model_tbs.pt"
    settings = {"crop_size": [16, 16, 16], "batch_size": 2, "num_workers": 0}
    recollect_model(BUNDLES / TASK, prepared, one / "model.pt", output, settings)
    found = judge(output)
    assert "overlap_unknown" not in found
    assert found != judge(one)
    with pytest.raises(RuntimeError) as error:
        judge(output, split="validation")
    assert "in its validation" in str(error.value.__cause__)
    two = train(run_bundle, TASK, tmp_path / "two", seed=4)
    with pytest.raises(UserError, match="holds weights of another run; choose a folder"):
        recollect_model(BUNDLES / TASK, prepared, two / "model.pt", output, settings)


@pytest.mark.parametrize("bundle", ["pretrain_pcrl", "pretrain_byol"])
def test_pretext_networks_are_named_too(bundle, run_bundle, judge, tmp_path, prepared):
    one = train(run_bundle, bundle, tmp_path / "one")
    run_bundle(bundle, ["train", "evaluate"], output_dir=str(one), **tiny(bundle))
    assert judge(one, bundle, crops_per_scan=4) == metrics_of(one)
    if bundle == "pretrain_pcrl":
        settings = {**tiny(bundle), "output_dir": str(tmp_path / "eval")}
        line = cause(run_bundle, bundle, model=str(one / "model.pt"), **settings)
        assert "its heads are needed" in line


@pytest.mark.parametrize("bundle", [*PRETEXT, *TASKS])
def test_every_bundle_has_the_key(bundle):
    content = json.loads((BUNDLES / bundle / "configs" / "evaluate.json").read_text())
    (audited,) = [
        item for item in content["run"] if str(item).find("refuse_seen") > 0 and item["model"]
    ]
    loader = content["validate#handlers"][0]
    assert audited["model"] == content["trained"]["model"] == "@model"
    assert loader.get("path", loader.get("model")) == "@model"


@pytest.mark.slow
def test_the_commands_of_the_how_to_work_as_pasted(run_bundle, tmp_path, prepared):
    page = (BUNDLES.parent / "docs" / "how-to" / "judge-weights.md").read_text(encoding="utf-8")
    section = page.split("## Batch-norm statistics")[1].split("\n## ")[0]
    shutil.copytree(BUNDLES / TASK, tmp_path / "bundles" / TASK)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nodules").symlink_to(prepared)
    train(run_bundle, TASK, tmp_path / "bundles" / TASK / "models")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for block in re.findall(r"```bash\n(.*?)```", section, re.DOTALL):
        words = ["bash", "-e", "-c", block]
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    judged = [metrics_of(tmp_path / "runs" / "judged" / name) for name in ("model", "model_tbs")]
    assert judged[0]["dice"] != judged[1]["dice"]
    assert all(metrics["overlap_count"] for metrics in judged)
