"""What a run is: its configuration and the contents of its data, tables and weights."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow

from .. import __version__
from ..errors import UserError
from ..networks.unet import STRIDE
from ..store import identify
from ..store.contract import SCAN
from .contents import contents_of
from .known_keys import NETWORK, settings

RUN = "run.json"
SOURCE = "source"  # key of train.json: what is known of ``pretrained``
FORMAT = 2  # of run.json
PACKAGES = ("torch", "monai", "pytorch-ignite", "numpy", "nibabel", "blosc2")
TRACKERS = ("MLFlowHandler",)
# What may be raised, or lowered, when a run is started again; it is noted.
EXTENDABLE = ("max_epochs", "train::trainer::max_epochs", "patience")
# What may change between two starts of one run without changing its result.
FREE_KEYS = {
    *("bundle_root", "output_dir", "dataset_dir", "device", "num_workers", "checkpoint_every"),
    "allow_overlap",
    *("imports", "initialize", "run", "finalize"),
    *("run_name", "experiment_name", "tracking_uri", "save_execute_config", "is_not_rank0"),
}


def current_parser() -> ConfigParser | None:
    """The parser of the bundle being run.

    MONAI hands it to no component, so it is taken from the workflow on the call stack; None when
    no workflow is running.
    """
    frame = inspect.currentframe()
    while frame is not None:
        workflow = frame.f_locals.get("self")
        if isinstance(workflow, ConfigWorkflow):
            parser: ConfigParser = workflow.parser
            return parser
        frame = frame.f_back
    return None


def current_config() -> dict[str, Any]:
    """The merged configuration (overlays and overrides applied) of the bundle being run."""
    parser = current_parser()
    return {} if parser is None else dict(parser.config)


def current_values(keys: Sequence[str]) -> dict[str, Any]:
    """What those of these top-level keys stand for that the bundle being run has."""
    parser = current_parser()
    there = [] if parser is None else [key for key in keys if key in parser.config]
    return {key: parser.get_parsed_content(key) for key in there} if parser else {}


def planned_epochs() -> int | None:
    """Epochs that the trainer of the bundle being run is to train; None where nothing says so."""
    if (parser := current_parser()) is not None:
        for key in ("train#trainer#max_epochs", "max_epochs"):
            if key in parser:
                return int(parser.get_parsed_content(key))
    return None


def contract_of(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the scans of a run are to be understood; empty where they do not say so.

    Raises:
        UserError: they are not all alike.
    """
    found = {json.dumps(item[SCAN]): dict(item[SCAN]) for item in items if SCAN in item}
    if len(found) > 1:
        raise UserError(
            f"data: scans of {len(found)} kinds ({', '.join(found)}); prepare all of them alike"
        )
    return next(iter(found.values()), {})


def network_keys(contract: Mapping[str, Any]) -> dict[str, Any]:
    """What must be known to build the network of the bundle being run and to feed it.

    Args:
        contract: of its scans, see :func:`contract_of`.

    Raises:
        UserError: ``in_channels`` is not the number of the scans' channels, ``out_channels`` not
            what the classes need, or ``base_channels`` not that of the weights handed over.
    """
    channels = list(contract.get("channels", ()))
    counted = {"in_channels": len(channels)} if channels else {}
    keys = {"stride": STRIDE, **counted, **current_values(settings(NETWORK))}
    if channels and keys["in_channels"] != len(channels):
        raise UserError(
            f"in_channels: {keys['in_channels']}, the scans have {len(channels)} "
            f"({', '.join(channels)}); leave --in_channels out, or prepare scans that have more"
        )
    classes = current_values(("classes",)).get("classes", [[1]])
    needed = 1 if len(classes) == 1 else len(classes) + 1
    if keys.get("out_channels", needed) != needed:
        raise UserError(
            f"out_channels: {keys['out_channels']}, classes {classes} need {needed} (one for a "
            "class alone, else background and each class); leave --out_channels out"
        )
    known = getattr(current_values((SOURCE,)).get(SOURCE), "known", {})
    width = known.get("base_channels")
    if width is not None and keys["base_channels"] != width:
        raise UserError(
            f"base_channels: {keys['base_channels']}, the pretrained weights have {width}; leave "
            "--base_channels out, it is taken over, or choose other weights"
        )
    return keys


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
    they name, ``data`` the hashes of voxels and labels. ``hash`` is of all three, without paths and
    without what may be changed later (``EXTENDABLE``).

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
