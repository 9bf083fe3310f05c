"""The model zoo's checks on every bundle, with the schema supplied offline.

Usage: python .ci/verify_bundles.py BUNDLE ...

verify_metadata, verify_net_in_out, ckpt_export and loading the exported module, check_properties.
Untrained weights are written for the export where a bundle has none; nothing in the bundle changes.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from monai.bundle import (
    ConfigParser,
    ConfigWorkflow,
    ckpt_export,
    verify_metadata,
    verify_net_in_out,
)

from medssl.data import prepare_images, prepare_liver, prepare_luna16
from medssl.data.phantom import prepare_phantom

SCHEMA = Path(__file__).resolve().parent / "schema" / "meta_schema_20240725.json"
FREE_SIDE = 64  # voxels where the metadata leave a side open
FILES = [
    "LICENSE",
    "configs/metadata.json",
    "configs/train.json",
    "configs/evaluate.json",
    "configs/inference.json",
    "configs/multi_gpu_train.json",
    "configs/paper.json",
    "configs/logging.conf",
    "docs/README.md",
    "docs/data_license.txt",
]


def check_files(bundle: Path) -> None:
    """All files the zoo and the project expect, and a changelog entry for the version."""
    missing = [name for name in FILES if not (bundle / name).is_file()]
    if missing:
        raise FileNotFoundError(f"missing: {', '.join(missing)}")
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    if metadata["version"] not in metadata["changelog"]:
        raise ValueError(f"version {metadata['version']} is not in the changelog")


def check_metadata(bundle: Path, scratch: Path) -> None:
    """The metadata against the schema; MONAI skips the download of a file that is there."""
    schema = scratch / "schema.json"
    shutil.copy(SCHEMA, schema)
    verify_metadata(meta_file=str(bundle / "configs/metadata.json"), filepath=str(schema))


def check_network(bundle: Path, scratch: Path) -> None:
    """Input and output as the metadata say; the weights go through TorchScript and back."""
    meta, config = bundle / "configs/metadata.json", bundle / "configs/inference.json"
    verify_net_in_out("network_def", meta_file=str(meta), config_file=str(config), device="cpu")
    parser = ConfigParser()
    parser.read_config(str(config))
    network = parser.get_parsed_content("network_def").eval()
    weights, exported = scratch / "model.pt", scratch / "model.ts"
    torch.save(network.state_dict(), weights)
    ckpt_export(
        "network_def",
        filepath=str(exported),
        ckpt_file=str(weights),
        meta_file=str(meta),
        config_file=str(config),
    )
    shape = json.loads(meta.read_text())["network_data_format"]["inputs"]["image"]
    sides = [side if isinstance(side, int) else FREE_SIDE for side in shape["spatial_shape"]]
    image = torch.rand(1, shape["num_channels"], *sides)
    if not torch.equal(torch.jit.load(exported).eval()(image), network(image)):
        raise ValueError("the exported module disagrees with the network")


def check_properties(bundle: Path, data: Path, scans: Path, scratch: Path) -> None:
    """MONAI's properties of a training and an inference workflow."""
    for name, kind, folder in (("train", "train", data), ("inference", "infer", scans)):
        candidates = data / "candidates.csv"
        table = {"candidates": str(candidates)} if candidates.is_file() else {}
        workflow = ConfigWorkflow(
            str(bundle / "configs" / f"{name}.json"),
            workflow_type=kind,
            logging_file=False,
            bundle_root=str(bundle),
            dataset_dir=str(folder),
            output_dir=str(scratch / name),
            batch_size=2,
            num_workers=0,
            **table,
        )
        workflow.initialize()
        if wrong := workflow.check_properties():
            raise ValueError(f"{name}.json: {wrong}")


def make_data(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Prepared phantoms and their raw scans: "liver", "candidates" and, for all others, ""."""
    shares: dict[str, Any] = {"fractions": (0.5, 0.25, 0.25), "workers": 2}
    chest, abdomen = folder / "chest", folder / "abdomen"
    prepare_phantom(chest, scans=4, seed=0, spacing=3.0, workers=2)
    prepare_phantom(abdomen, kind="abdomen", scans=4, seed=0, spacing=4.0, workers=2)
    masks = "nodule_masks/*.nii.gz"
    prepare_images(chest, folder / "nodules", images="subset*/*.mhd", labels=masks, **shares)
    prepare_luna16(chest, folder / "candidates", split="patients", spacing=3.0, **shares)
    prepare_liver("msd_liver", abdomen, folder / "liver", split="patients", spacing=4.0, **shares)
    return {
        "": (folder / "nodules", chest / "subset0"),
        "classification": (folder / "candidates", chest / "subset0"),
        "liver": (folder / "liver", abdomen / "imagesTs"),
    }


def main(bundles: list[str]) -> int:
    """Check all bundles from a foreign directory; print one line each."""
    folders = [Path(name).resolve() for name in bundles]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.chdir(scratch)
        made = make_data(scratch)
        logging.disable(logging.ERROR)
        for bundle in folders:
            kind = next((word for word in made if word and word in bundle.name), "")
            try:
                check_files(bundle)
                check_metadata(bundle, scratch)
                check_network(bundle, scratch)
                check_properties(bundle, *made[kind], scratch / bundle.name)
                print(f"ok    {bundle.name}", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAIL  {bundle.name}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(folders) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
