"""Tasks in MONAI Label, on synthetic scans: ``make label-demo``.

Trains each task and one pretraining for a moment at a toy size, packs them, unpacks them into the
app, starts the server on 127.0.0.1 and asks of it what an annotator asks: models, label maps,
probabilities, a submitted label, a training round that starts from the pretrained weights. The
label maps are not good: what is shown is that everything works together.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from monai.transforms import LoadImage, SaveImage

from label_server import APPS, Server, running
from medssl.errors import UserError
from medssl.store.marks import read_marks
from medssl.zoo import pack, unpack
from medssl.zoo.verify import Subject
from medssl.zoo.verify.small import phantom, small_settings

ROOT = APPS.parent
ENCODER = "pretrain_models_genesis"
CLASSIFICATION = "lung_nodule_ct_classification"
OPEN_CLASSIFICATION = "volume_classification"
CHEST, ABDOMEN = "chest", "abdomen"
IMAGES = {
    "liver_ct_segmentation": ABDOMEN,
    "liver_tumor_ct_segmentation": ABDOMEN,
    "volume_segmentation": ABDOMEN,
    "lung_nodule_ct_segmentation": CHEST,
    CLASSIFICATION: CHEST,
    OPEN_CLASSIFICATION: CHEST,
}


def release(bundle: Path, work: Path, data: Path | None = None) -> Path:
    """Train a bundle for a moment at a toy size, on the phantom or other data, and pack it."""
    subject = Subject(bundle, work, work / "phantoms")
    settings = {
        **small_settings(subject.config("train")),
        "dataset_dir": data or phantom(subject)[0],
        "output_dir": work / "runs" / f"{bundle.name}_{subject.metadata['version']}",
        "bundle_root": bundle,
        "config_file": bundle / "configs" / "train.json",
        "logging_file": False,
    }
    command = [sys.executable, "-W", "ignore", "-m", "monai.bundle", "run"]
    command += [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"{bundle.name}: training failed: {done.stderr.strip()[-300:]}")
    return pack(bundle, work / "dist", settings["output_dir"])


def install(archive: Path, app: Path, name: str = "") -> Path:
    """Unpack a released bundle into the app, under another folder name if asked for."""
    scratch = app.parent / "unpacked"
    folder = unpack(archive, scratch)
    target = app / "model" / (name or folder.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)
    return target


def make_studies(work: Path) -> tuple[Path, list[list[float]]]:
    """A folder with a chest and an abdomen, and two candidates (LPS mm) in the chest."""
    studies = work / "studies"
    studies.mkdir(parents=True)
    chest = Subject(ROOT / "bundles" / CLASSIFICATION, work, work / "phantoms")
    data, raw = phantom(chest)
    scan = next(raw.glob("*.mhd"))
    image = LoadImage(image_only=True, ensure_channel_first=True)(scan)
    SaveImage(studies, "", ".nii.gz", resample=False, separate_folder=False, print_log=False)(image)
    (studies / f"{scan.stem}.nii.gz").rename(studies / f"{CHEST}.nii.gz")
    liver = Subject(ROOT / "bundles" / "liver_ct_segmentation", work, work / "phantoms")
    scans = phantom(liver)[1]
    shutil.copyfile(next(scans.glob("*.nii.gz")), studies / f"{ABDOMEN}.nii.gz")
    marks = read_marks(data / "candidates.csv", "class")
    rows = [index for index, name in enumerate(marks.series) if name == scan.stem][:2]
    return studies, marks.world_mm[rows].tolist()


def make_app(work: Path) -> Path:
    """A copy of the app with the tasks and a pretrained encoder in it."""
    app = work / "app"
    shutil.copytree(APPS / "medssl_label", app, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (ENCODER, *IMAGES):
        print(f"training and packing {name}", flush=True)
        install(release(ROOT / "bundles" / name, work), app)
    return app


def voxels(path: Path) -> dict[int, int]:
    """Number of voxels of each value in a label map."""
    values, counts = np.unique(np.asarray(nib.load(path).dataobj), return_counts=True)
    return {int(value): int(count) for value, count in zip(values, counts, strict=True)}


def draw_box(scan: Path, target: Path) -> None:
    """Write a label map of a scan with a box of ones in it."""
    image = nib.load(scan)
    label = np.zeros(image.shape[:3], np.uint8)
    label[tuple(slice(side // 3, side // 2) for side in label.shape)] = 1
    nib.save(nib.Nifti1Image(label, image.affine), target)


def show(server: Server, studies: Path, candidates: list[list[float]], work: Path) -> None:
    """Ask for everything and print what came back."""

    def say(what: str, came: Any, start: float) -> None:
        print(f"{what:<46}{came}  ({time.monotonic() - start:.1f} s)", flush=True)

    start = time.monotonic()
    info = server.info()
    say("GET  /info/", f"models {', '.join(info['models'])}", start)
    for model, image in IMAGES.items():
        start = time.monotonic()
        if model == CLASSIFICATION:
            answer = server.judge(model, image, candidates=candidates)["candidates"]
            say(f"POST /infer/{model}", [round(row["nodule"], 3) for row in answer], start)
            continue
        if model == OPEN_CLASSIFICATION:
            (answer,) = server.judge(model, image)["regions"]
            classes = {name: round(value, 3) for name, value in answer["probabilities"].items()}
            say(f"POST /infer/{model}", classes, start)
            continue
        found = server.segment(model, image, work / f"{model}.nii.gz")
        say(f"POST /infer/{model}", f"voxels by value {voxels(found)}", start)
    for image in (ABDOMEN, CHEST):
        start = time.monotonic()
        path = work / f"{image}_label.nii.gz"
        draw_box(studies / f"{image}.nii.gz", path)
        server.submit(image, path)
        say(f"PUT  /datastore/label?image={image}", "stored", start)
    start = time.monotonic()
    model = "liver_ct_segmentation"
    server.train(model, max_epochs=1, val_split=0.5, device="cpu", multi_gpu=False, encoder=ENCODER)
    report = work / "app" / "model" / model / "models" / "transfer.json"
    say(f"POST /train/{model}", f"from {ENCODER}: {_handed_over(report)}", start)


def _handed_over(report: Path) -> str:
    parts = json.loads(report.read_text(encoding="utf-8"))["parts"]
    return ", ".join(f"{p['part']} {len(p['loaded'])} of {p['entries']} entries" for p in parts)


def main() -> None:
    """Build, serve, show."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, required=True, help="folder to write, made anew")
    options.add_argument("--python", type=Path, required=True, help="of the server's environment")
    arguments = options.parse_args()
    work = arguments.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    logging.disable(logging.INFO)
    print("making scans", flush=True)
    with contextlib.redirect_stdout(io.StringIO()):
        studies, candidates = make_studies(work)
    app = make_app(work)
    try:
        with running(arguments.python.absolute(), app, studies, work / "server.log") as server:
            print(f"server on {server.url}, log in {server.log}", flush=True)
            show(server, studies, candidates, work)
    except RuntimeError as error:
        sys.exit(f"label-demo: {error}")


if __name__ == "__main__":
    main()
