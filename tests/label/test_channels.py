"""MONAI Label's real server with a model of two channels; see ``make test-label``."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from medssl.engines import Trained
from medssl.files import sha256_of
from medssl.store.contract import ScanContract
from medssl.zoo.verify import Subject
from medssl.zoo.verify.own_data import own_data
from medssl.zoo.verify.small import phantom

from .test_server import PYTHON, ROOT, ROUND, demo, geometry, pytestmark, running

__all__ = ["pytestmark"]
MODEL, NAMES = "lung_nodule_ct_segmentation", ("T1", "FLAIR")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server with one model, two files of two channels and one file of one."""
    work = tmp_path_factory.mktemp("two")
    bundle, studies, app = ROOT / "bundles" / MODEL, work / "studies", work / "app"
    for folder in (work / "known", studies):
        folder.mkdir()
    contract = ScanContract(intensity="percentile", channels=NAMES)
    (work / "known" / "provenance.json").write_text(json.dumps({"scan": contract.as_dict()}))
    one = phantom(Subject(bundle, work, work / "phantoms"))
    data, scans = own_data(Trained(work / "known" / "model.pt"), *one, work / "own")
    for number, path in enumerate(sorted((scans.parent / "raw" / "images").glob("*"))[:2]):
        shutil.copyfile(path, studies / f"two{number}.nii.gz")
    whole = nib.load(studies / "two0.nii.gz")
    first = nib.Nifti1Image(np.asarray(whole.dataobj)[..., 0], whole.affine)
    nib.save(first, studies / "alone.nii.gz")
    shutil.copytree(
        ROOT / "apps" / "medssl_label", app, ignore=shutil.ignore_patterns("__pycache__")
    )
    demo.install(demo.release(bundle, work, data), app)
    with running(PYTHON, app, studies, work / "server.log") as server:
        yield server, work


def test_a_file_of_both_is_segmented_and_another_is_told_what_it_lacks(served):
    server, work = served
    found = server.segment(MODEL, "two0", work / "found.nii.gz")
    assert geometry(found) == geometry(work / "studies" / "alone.nii.gz")
    with pytest.raises(RuntimeError, match=r"400 .*alone.nii.gz: 1 channel\(s\), the model sees 2"):
        server.segment(MODEL, "alone", work / "never.nii.gz")


def test_it_learns_from_files_of_both(served):
    server, work = served
    models = work / "app" / "model" / MODEL / "models"
    before = sha256_of(models / "model.pt")
    for image in ("two0", "two1"):
        label = work / "label.nii.gz"
        demo.draw_box(work / "studies" / f"{image}.nii.gz", label)
        server.submit(image, label)
    server.train(MODEL, **ROUND)
    assert sha256_of(models / "model.pt") != before
    known = json.loads((models / "provenance.json").read_text())["scan"]
    assert (known["channels"], known["intensity"]) == (list(NAMES), "percentile")
