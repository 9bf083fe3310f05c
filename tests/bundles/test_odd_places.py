"""Evaluation and inference where names mean something to shells, configs and URLs."""

import json
import os
import shutil
import subprocess

import pytest

from tests.warm import ROOT, Warm

from .conftest import command, tiny

BUNDLE = "lung_nodule_ct_segmentation"
ODD = "ä b $x @y %z #1"


def test_a_folder_of_odd_letters_is_evaluated_and_segmented_without_a_home(
    run_bundle, prepared, phantom, tmp_path
):
    run_bundle(BUNDLE, ["train"], output_dir=str(tmp_path / "run"), **tiny(BUNDLE))
    place = tmp_path / ODD
    place.mkdir()
    (tmp_path / "run").rename(place / "run")
    (place / "data").symlink_to(prepared, target_is_directory=True)
    scan = next((phantom / "subset0").glob("*.mhd"))
    for file in (scan, scan.with_suffix(".raw")):
        shutil.copyfile(file, place / file.name)
    evaluate = command(
        BUNDLE,
        ["train", "evaluate"],
        place / "data",
        output_dir=place / "run",
        report_dir=place / "report",
        allow_overlap=True,
        num_workers=0,
    )
    infer = command(
        BUNDLE,
        ["inference"],
        place,
        model=place / "run" / "model.pt",
        output_dir=place / "masks",
        num_workers=0,
    )
    nowhere = {"HOME": os.fspath(tmp_path / "nowhere"), "XDG_CACHE_HOME": ""}
    for words in (evaluate, infer):
        done = Warm(words, tmp_path, nowhere).finish()
        assert done.returncode == 0, done.stderr
    assert json.loads((place / "report" / "metrics.json").read_text())["dice"] >= 0
    assert [path.name for path in (place / "masks").glob("*.nii.gz")] == [f"{scan.stem}_seg.nii.gz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [ODD]


# A folder that root cannot write either, seen by the command alone.
READ_ONLY = ("unshare", "-m", "sh", "-c", 'mount --bind -o ro "$0" "$0" && exec "$@"')


@pytest.fixture
def installed(tmp_path):
    """The library without what was compiled."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "shared" / "medssl", tmp_path / "lib" / "medssl", ignore=ignored)
    tried = subprocess.run([*READ_ONLY, tmp_path / "lib", "true"], check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("needs leave to mount")
    return tmp_path / "lib"


@pytest.mark.slow
def test_a_library_that_cannot_be_written_trains_without_a_home(installed, prepared, tmp_path):
    """As in a container: loops are compiled anew in each process, and nothing else is missed."""
    words = command(BUNDLE, ["train"], prepared, output_dir=tmp_path / "run", **tiny(BUNDLE))
    environment = {"PYTHONPATH": str(installed), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [*READ_ONLY, installed, *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "run" / "model.pt").is_file()
    assert not list(installed.rglob("__pycache__"))
