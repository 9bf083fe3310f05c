"""Labelled crops of a task, and its network, to look at weights with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import nn

from ..crops import CandidateCropDataset, ObjectCropDataset
from ..engines import Trained
from ..engines.trained import refuse_contradictions
from ..errors import UserError
from ..store import load_datalist
from ..store.contract import SCAN, ScanContract
from .bundles import config_files, find_bundles, override, read_config, read_json
from .methods import METADATA_KEY as PRETEXT
from .probe_crops import Batches, Crops, NoduleOrNot, ObjectOrBackground

_TAKEN = ("base_channels", "fold")  # over from the source


@dataclass(frozen=True)
class Task:
    """A task's config, set for some weights and a prepared folder.

    Attributes:
        parser: of the config.
        data: prepared folder.
        contract: of the weights' scans; None where nobody knows.
    """

    parser: ConfigParser
    data: str | Path
    contract: ScanContract | None

    @property
    def seed(self) -> int:
        """Of the run."""
        return int(self.parser.get_parsed_content("seed"))

    @property
    def device(self) -> torch.device:
        """Where the network and the batches are."""
        return self.parser.get_parsed_content("device")

    def crops(self, split: str) -> Crops:
        """Objects and background, or nodules and other candidates.

        Raises:
            UserError: unreadable data, or scans unlike those of the weights.
        """
        return _crops(self.parser, self.data, split, self.contract)

    def batches(self, split: str) -> Batches:
        """The same crops on the device, as often as asked for."""
        sizes = (self.parser.get_parsed_content(key) for key in ("batch_size", "num_workers"))
        batch_size, num_workers = sizes
        return Batches(self.crops(split), batch_size, self.device, num_workers)

    def network(self) -> nn.Module:
        """The task's network, untrained, the same for the same seed."""
        torch.manual_seed(self.seed)
        return self.parser.get_parsed_content("network_def").to(self.device)


def open_task(
    source: str | Path,
    data: str | Path,
    bundle: str | Path | Sequence[str],
    overrides: Mapping[str, Any] | None = None,
) -> Task:
    """A task set for weights: its crop size and window, their width and fold, running batch norm.

    Args:
        source: weights; what their ``provenance.json`` knows is taken over.
        data: the task's prepared folder.
        bundle: folder of the task's bundle, its train.json, or a list of configs to merge.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: a pretraining bundle, a bundle without crops of two kinds, or keys that
            contradict the weights.
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
    return Task(parser, data, trained.contract)


def _refuse_pretraining(bundle: str | Path | Sequence[str]) -> None:
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
