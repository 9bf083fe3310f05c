"""What a run is: its configuration and the contents of its data, tables and weights."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..store import identify
from ..store.contract import SCAN
from .contents import contents_of
from .known_keys import NETWORK, settings
from .run_keys import contract_of, network_keys
from .running import current_config, current_values, planned_epochs

RUN = "run.json"
FORMAT = 2  # of run.json
FORM = {  # of run.json, see :func:`~medssl.forms.misfit`
    **{
        "medssl": str,
        "hash": str,
        "config": {"max_epochs": int},
        "contents": {},
        "data": {str: [{}]},
    },
    **{SCAN: {}, NETWORK: {}, "licence": [str], "versions": {str: str}, "precision": list},
}
PACKAGES = ("torch", "monai", "pytorch-ignite", "numpy", "nibabel", "blosc2")
TRACKERS = ("MLFlowHandler",)
# What may be raised, or lowered, when a run is started again; it is noted.
EXTENDABLE = ("max_epochs", "train::trainer::max_epochs", "patience")
# What may change between two starts of one run without changing its result.
FREE_KEYS = {
    *("bundle_root", "output_dir", "dataset_dir", "device", "num_workers", "checkpoint_every"),
    "precision",  # what amp comes to on the device
    "allow_overlap",
    *("imports", "initialize", "run", "finalize"),
    *("run_name", "experiment_name", "tracking_uri", "save_execute_config", "is_not_rank0"),
}


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """Configuration leaves by path ("train::trainer::max_epochs"), without the free keys."""
    leaves: dict[str, Any] = {}

    def visit(path: str, node: Any) -> None:
        if isinstance(node, Mapping):
            if str(node.get("_target_", "")).startswith(TRACKERS):
                return
            for key, child in node.items():
                visit(f"{path}::{key}" if path else str(key), child)
        elif isinstance(node, list | tuple) and any(isinstance(i, dict | list) for i in node):
            for position, child in enumerate(node):
                visit(f"{path}::{position}", child)
        else:
            leaves[path] = node if isinstance(node, str | int | float | bool | None) else list(node)

    visit("", {k: v for k, v in config.items() if k not in FREE_KEYS and not k.startswith("_")})
    return leaves


def digest(content: Any) -> str:
    """SHA-256 of plain containers."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of the packages a result depends on."""
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def describe_run(
    seed: int,
    training: Sequence[Mapping[str, Any]],
    validation: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What a run is, as ``run.json`` keeps it: known by content, wherever its files lie.

    ``config`` holds the leaves of the configuration, ``contents`` the SHA-256 of the files that
    they name, ``data`` the hashes of voxels and labels. ``hash`` is of all three and of the scans'
    contract, without paths and without what may be changed later (``EXTENDABLE``). ``precision`` is
    what ``amp`` comes to here; where the run goes on in another, that one is added.

    Raises:
        UserError: ``pretrained`` names no weights, or the scans are of several kinds.
    """
    items = [*training, *validation]
    config = json.loads(json.dumps(_resolved(flatten(current_config())), default=str))
    transfer_from = current_values(["transfer_from"]).get("transfer_from", "online")
    contents = contents_of(config, items, transfer_from)
    data = {"training": identify(training), "validation": identify(validation)}
    scan = contract_of(items)
    fixed = {k: v for k, v in config.items() if k not in contents and k not in EXTENDABLE}
    return {
        "medssl": __version__,
        "format": FORMAT,
        "hash": digest([fixed, contents, data, scan]),
        "seed": seed,
        "max_epochs": planned_epochs(),
        "precision": list(current_values(("precision",)).values()),
        SCAN: {**scan, **current_values(settings(SCAN))},
        NETWORK: network_keys(scan),
        "config": config,
        "contents": contents,
        "data": data,
        "licence": sorted({str(item["licence"]) for item in items if "licence" in item}),
        "versions": versions(),
        "started": now(),
    }


def _resolved(leaves: dict[str, Any]) -> dict[str, Any]:
    """The leaves, with top-level expressions that give a text or a number worked out."""
    asked = [key for key, value in leaves.items() if "::" not in key and _is_expression(value)]
    found = {k: str(v) if isinstance(v, Path) else v for k, v in current_values(asked).items()}
    return {**leaves, **{k: v for k, v in found.items() if isinstance(v, str | int | float)}}


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("$", "@"))


def now() -> str:
    """The time, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
