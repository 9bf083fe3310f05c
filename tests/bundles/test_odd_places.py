"""Evaluation and inference where names mean something to shells, configs and URLs."""

import json
import os
import shutil

from tests.warm import Warm

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
