"""``medssl new-method``: what it writes trains, is handed over and is packed, or is not written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medssl.commands import Research
from medssl.errors import UserError
from medssl.zoo.skeleton import create, new_method
from medssl.zoo.skeleton.create import EXPORTS, LISTS, LONGEST
from medssl.zoo.skeleton.families import FAMILIES
from tests.warm import Bare, run_warm

SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("generative", "contrastive")]
NAME = "my_idea"
# What a user does with a method, in one process, which has the checkout's medssl to import.
USE = f"""
import sys
sys.path.insert(1, "shared")
import pytest
from pathlib import Path
from monai.bundle import run
from medssl.analysis import methods_page
from medssl.zoo import pack
from tests.bundles.conftest import arguments, tiny

bundle, task, data = "pretrain_{NAME}", "lung_nodule_ct_segmentation", Path(sys.argv[1])
assert pytest.main(["tests/pretext/test_{NAME}.py", "-p", "no:cacheprovider"]) == 0
run(**arguments(bundle, ["train"], data, **tiny(bundle), output_dir="weights"))
run(**arguments(task, ["train"], data, **tiny(task), output_dir="tuned", pretrained="weights"))
pack(f"bundles/{{bundle}}", "dist", models="weights")
assert Path(pack.__code__.co_filename).is_relative_to(Path.cwd())
print(methods_page("bundles"))
"""


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(checkout, *words):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout / "shared")},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("family", ["predictive", *SLOW])
def test_a_new_method_trains_is_handed_over_packed_and_listed(checkout, data, family):
    new_method(NAME, family, checkout)
    (checkout / "use.py").write_text(USE)
    words = [sys.executable, "-W", "ignore", "-m", "use", str(data)]
    done = run_warm(words, checkout, Bare)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = done.stdout
    transferred = json.loads((checkout / "tuned" / "transfer.json").read_text())
    loaded = {part["part"]: len(part["loaded"]) for part in transferred["parts"]}
    assert loaded == {"encoder": 56, "decoder": 48 if family == "generative" else 0}
    assert (checkout / "dist" / f"pretrain_{NAME}_v0.1.0.zip").is_file()
    (row,) = [line for line in said.splitlines() if line.startswith(f"| pretrain_{NAME} ")]
    assert f"| {family} | {FAMILIES[family].input}, 64 x 64 x " in row
    assert "| Unpublished |" in row


@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_method_is_laid_out_like_the_others(checkout, family):
    new_method(NAME, family, checkout)
    run(checkout, "-m", "ruff", "check", "--no-cache", "shared/medssl/pretext", "tests/pretext")
    run(checkout, "-m", "ruff", "format", "--no-cache", "--check", "shared/medssl", "tests/pretext")
    configs = [str(path) for path in checkout.glob(f"bundles/pretrain_{NAME}/configs/*.json")]
    run(checkout, ".ci/format_configs.py", "--check", *configs)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_tests_of_all_methods_hold_for_a_new_one(checkout, family):
    new_method(NAME, family, checkout)
    pages = [f"tests/{page}" for page in ("bundles/test_run.py", "bundles/test_doctor.py")]
    run(checkout, "-m", "pytest", *pages, "tests/transfer/test_matrix.py", "-k", NAME)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_module_is_typed(checkout, family):
    new_method(NAME, family, checkout)
    run(checkout, "-m", "mypy", f"shared/medssl/pretext/{NAME}.py")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my__idea", "lower-case words"),
        ("x" * (LONGEST + 1), "at most 30"),
        ("lambda", "word of Python's own"),
        ("my_version", "splits a bundle's name at `_v`"),
        ("voxels", "pretrain_voxels"),
        ("rotation", r"pretext/rotation\.py is there already"),
        ("theory", r"tests/pretext/test_theory\.py is there already"),
        ("byol", "bundles/pretrain_byol is there already"),
    ],
)
def test_a_bad_name_is_refused(untouched, name, message):
    before = contents(untouched)
    with pytest.raises(UserError, match=message):
        new_method(name, "predictive", untouched)
    assert contents(untouched) == before


def test_a_class_that_is_there_already_is_not_made_again(untouched):
    with pytest.raises(UserError, match="RelativePatchPretext is there already"):
        new_method("relative_patch", "predictive", untouched)


def test_what_is_no_family_or_no_checkout_is_named(untouched, tmp_path_factory):
    with pytest.raises(UserError, match="--family other: expected one of predictive, generative"):
        new_method(NAME, "other", untouched)
    elsewhere = tmp_path_factory.mktemp("site-packages")
    with pytest.raises(UserError, match=r"no checkout of medssl.*git clone"):
        new_method(NAME, "predictive", elsewhere)
    assert not any(elsewhere.iterdir())


@pytest.mark.parametrize("last", [EXPORTS, LISTS[-1]])
def test_a_failure_half_way_leaves_nothing(untouched, monkeypatch, last):
    before = contents(untouched)
    replace = Path.replace

    def fail(self, target):
        if str(target).endswith(last):
            raise OSError("no space left")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        new_method(NAME, "generative", untouched)
    assert contents(untouched) == before
    assert not list(untouched.glob(".new-method-*"))
    assert not (untouched / f"bundles/pretrain_{NAME}").exists()


def test_the_command_says_what_comes_next(checkout, monkeypatch, capsys):
    monkeypatch.setattr(create.new_method, "__defaults__", ("predictive", checkout))
    Research().new_method(NAME)
    said = capsys.readouterr().out
    assert f"shared/medssl/pretext/{NAME}.py" in said
    for word in ("pytest", "prepare phantom", "monai.bundle run", "medssl doctor"):
        assert word in said
    assert (checkout / f"bundles/pretrain_{NAME}/configs/train.json").is_file()
