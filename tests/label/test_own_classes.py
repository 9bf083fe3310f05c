"""MONAI Label's real server with a user's own classes on MR; see ``make test-label``."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from medssl.files import sha256_of
from medssl.phantom import prepare_phantom
from medssl.sources.listed_sets import prepare_listed
from medssl.store.open_volumes import open_volume

from .test_server import PYTHON, ROOT, ROUND, demo, geometry, pytestmark, running

__all__ = ["pytestmark"]
MODEL = "volume_segmentation"
RIGHT, LEFT = "right_kidney", "left_kidney"
VOXEL = 6.0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with one model of two kidneys in T1, which never mirrored left and right."""
    work = tmp_path_factory.mktemp("own")
    studies, app = work / "studies", work / "app"
    prepare_phantom(work / "raw", kind="organs_mr", scans=6, spacing=VOXEL, workers=1)
    shares = {"spacing": VOXEL, "fractions": (0.4, 0.4, 0.2)}
    prepare_listed("nnunet", work / "raw", work / "data", **shares)
    bundle = work / "bundle" / MODEL
    shutil.copytree(ROOT / "bundles" / MODEL, bundle, ignore=shutil.ignore_patterns("models"))
    train = bundle / "configs" / "train.json"
    train.write_text(json.dumps({**json.loads(train.read_text()), "flip_axes": "yz"}))
    archive = demo.release(bundle, work, work / "data")
    studies.mkdir()
    for path in sorted((work / "raw" / "imagesTr").glob("*"))[:3]:
        shutil.copyfile(path, studies / path.name.replace("_0000", ""))
    shutil.copytree(
        ROOT / "apps" / "medssl_label", app, ignore=shutil.ignore_patterns("__pycache__")
    )
    demo.install(archive, app)
    with running(PYTHON, app, studies, work / "server.log") as server:
        yield server, work


def images(work):
    return sorted(path.name.removesuffix(".nii.gz") for path in (work / "studies").glob("*.nii.gz"))


def submit_left_kidney(server, work, image, segments):
    """As from Slicer, where it is the first segment and so has value 1."""
    known = nib.load(work / "raw" / "labelsTr" / f"{image}.nii.gz")
    drawn = (np.asarray(known.dataobj) == 2).astype(np.uint8)
    assert drawn.any()
    nib.save(nib.Nifti1Image(drawn, known.affine), work / "label.nii.gz")
    server.submit(image, work / "label.nii.gz", segments)


def test_its_classes_come_back_by_name(served):
    server, work = served
    labels = server.info()["models"][MODEL]["labels"]
    assert labels == {RIGHT: 1, LEFT: 2}
    found = server.segment(MODEL, images(work)[0], work / "found.nii.gz")
    assert geometry(found) == geometry(work / "studies" / f"{images(work)[0]}.nii.gz")
    assert set(demo.voxels(found)) <= {0, 1, 2}


def test_two_labels_at_least_are_asked_for(served):
    server, work = served
    submit_left_kidney(server, work, images(work)[0], [LEFT, RIGHT])
    with pytest.raises(RuntimeError, match=r"1 submitted label\(s\); expected two at least"):
        server.train(MODEL, **ROUND)


def test_a_class_that_no_label_shows_yet_does_not_stop_the_other(served):
    server, work = served
    models = work / "app" / "model" / MODEL / "models"
    before = sha256_of(models / "model.pt")
    for image in images(work):
        submit_left_kidney(server, work, image, [LEFT, RIGHT])
    server.train(MODEL, **{**ROUND, "val_split": 0.2})
    assert sha256_of(models / "model.pt") != before
    known = json.loads((models / "provenance.json").read_text())
    assert known["scan"]["class_names"] == [RIGHT, LEFT]
    assert (known["scan"]["classes"], known["scan"]["intensity"]) == ([[1], [2]], "percentile")
    assert known["scan"]["spacing"] == [VOXEL] * 3
    assert (known["config"]["flip_axes"], known["config"]["unshown_classes"]) == ("yz", "keep")
    learnt = [open_volume(path).read_all() for path in (models / "cache" / "labels").glob("*")]
    assert len(learnt) == 3
    assert all(set(np.unique(label)) == {0, 2} for label in learnt)
    assert server.segment(MODEL, images(work)[0], work / "after.nii.gz").is_file()


def test_a_segment_of_no_model_is_refused_in_one_line(served):
    server, work = served
    submit_left_kidney(server, work, images(work)[0], ["vessel", RIGHT])
    with pytest.raises(RuntimeError, match=r"segments vessel; expected right_kidney, left_kidney"):
        server.train(MODEL, **ROUND)
