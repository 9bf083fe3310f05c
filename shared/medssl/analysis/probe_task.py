"""``medssl probe``: does an encoder tell objects from background, nodules from the rest?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser

from ..crops import CandidateCropDataset, ObjectCropDataset
from ..engines import Trained
from ..engines.trained import refuse_contradictions
from ..errors import UserError
from ..store import load_datalist
from ..store.contract import SCAN, ScanContract
from .bundles import config_files, find_bundles, override, read_config, read_json
from .methods import METADATA_KEY as PRETEXT
from .probe import Probe, compare
from .probe_crops import Batches, Crops, NoduleOrNot, ObjectOrBackground

_TAKEN = ("base_channels", "fold")  # over from the source


def probe_task(
    source: str | Path,
    data: str | Path,
    bundle: str | Path,
    split: str = "test",
    transfer_from: str = "online",
    overrides: Mapping[str, Any] | None = None,
) -> Probe:
    """Probe pretrained weights on a task's crops, without training a network.

    A segmentation task's objects against background, or a classification task's nodules against
    other candidates.

    Crop size and HU window are the bundle's, the network's width and the fold the source's as far
    as its ``provenance.json`` says so. Batch norm uses its running statistics, so that a crop's
    features do not depend on its batch.

    Args:
        source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
        data: the task's prepared folder, with voxels as the source's unless ``spacing`` is given;
            the classifiers are fitted on its training split.
        bundle: folder of the task's bundle.
        split: the split to judge on.
        transfer_from: "online", or "target" for the moving-average network of BYOL.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: unreadable input, a pretraining bundle, weights that do not fit, scans or keys
            that contradict them, or too few patients.
    """
    _refuse_pretraining(bundle)
    parser, trained, given = read_config(bundle), Trained(source), dict(overrides or {})
    if "table" in parser:
        raise UserError(
            f"{bundle}: its classes are those of whole crops, a probe tells objects of label maps, "
            "or candidates, from the rest; train it with --scheme probe instead"
        )
    # Weights of a folder's one split, or of a folder without folds, say nothing of the task's.
    known = {key: trained.known[key] for key in _TAKEN if trained.known.get(key) is not None}
    refuse_contradictions(trained, {key: given[key] for key in known if key in given})
    override(parser, {"dataset_dir": str(data), "batch_norm": "running", **known, **given})
    keys = ("seed", "batch_size", "device", "num_workers")
    seed, batch_size, device, num_workers = map(parser.get_parsed_content, keys)
    crops = [_crops(parser, data, name, trained.contract) for name in ("training", split)]
    training, test = (Batches(each, batch_size, device, num_workers) for each in crops)
    torch.manual_seed(seed)
    network = parser.get_parsed_content("network_def").to(device)
    return compare(network, source, training, test, transfer_from, seed)


def _refuse_pretraining(bundle: str | Path) -> None:
    """Its crop size and window are those of no task, though a network could be probed on them."""
    folder = config_files(bundle)[0].parents[1]
    if _is_pretraining(folder):
        tasks = [each.name for each in find_bundles(folder.parent) if not _is_pretraining(each)]
        named = f", such as {', '.join(tasks)}" if tasks else ""
        raise UserError(f"{bundle}: a pretraining bundle; expected the bundle of a task{named}")


def _is_pretraining(folder: Path) -> bool:
    metadata = folder / "configs" / "metadata.json"
    return metadata.is_file() and PRETEXT in read_json(metadata)


def _crops(
    parser: ConfigParser, data: str | Path, split: str, contract: ScanContract | None
) -> Crops:
    keys = ("seed", "crop_size", "window", "fold", "spacing")
    seed, size, window, fold, spacing = map(parser.get_parsed_content, keys)
    nodules = "candidates" in parser
    items = load_datalist(data, split, labelled=not nodules, fold=fold, spacing=spacing)
    if contract is not None:
        _refuse_other_scans(contract, ScanContract.from_dict(items[0][SCAN], data), data, spacing)
    if not nodules:
        return ObjectOrBackground(ObjectCropDataset(items, size, seed), window)
    table, isotropic_mm = map(parser.get_parsed_content, ("candidates", "isotropic_mm"))
    settings = {"isotropic_mm": isotropic_mm, "resampling": "mean", "seed": seed}
    return NoduleOrNot(CandidateCropDataset(items, table, size, **settings), window)


def _refuse_other_scans(
    contract: ScanContract, here: ScanContract, data: str | Path, spacing: Any
) -> None:
    """Features of scans unlike those of the training say little of the weights."""
    for key in contract.differences(here):
        if key == "spacing" and spacing is not None:
            continue
        if key == "channels" and len(contract.channels) == 1 < len(here.channels):
            continue  # the stem is spread over them
        way = "; or give --spacing to probe at another voxel size" if key == "spacing" else ""
        raise UserError(
            f"{data}: prepared with {key} {here.as_dict()[key]}, the weights were trained with "
            f"{contract.as_dict()[key]}; prepare the scans as those of the training{way}"
        )
