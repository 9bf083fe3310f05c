"""One folder, one run: known by the hash of its configuration and of its data list."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow
from torch import distributed

from ..errors import UserError
from ..files import write_json
from ..networks.unet import STRIDE
from ..ranks import is_main
from ..store import identify
from ..store.contract import SCAN

logger = logging.getLogger(__name__)

RUN = "run.json"
PACKAGES = ("torch", "monai", "pytorch-ignite", "numpy", "nibabel", "blosc2")
TRACKERS = ("MLFlowHandler",)
NETWORK = "network"  # key of what the network was built with
# Top-level keys that who uses the weights must know: of the scans, and of the network.
SCAN_KEYS = (
    *("window", "crop_size", "patch_size", "cube_size", "isotropic_mm"),
    *("classes", "class_names", "fold"),
)
NETWORK_KEYS = ("in_channels", "out_channels", "base_channels", "batch_norm", "skip")
# What may change between two starts of one run without changing its result.
FREE_KEYS = {
    *("bundle_root", "output_dir", "dataset_dir", "device", "num_workers", "checkpoint_every"),
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
        UserError: ``in_channels`` is not the number of the scans' channels, or ``out_channels``
            not what the classes need.
    """
    channels = list(contract.get("channels", ()))
    counted = {"in_channels": len(channels)} if channels else {}
    keys = {"stride": STRIDE, **counted, **current_values(NETWORK_KEYS)}
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


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Keys that differ, those that both have first."""
    keys = (key for key in {*old, *new} if old.get(key) != new.get(key))
    return sorted(keys, key=lambda key: (not (key in old and key in new), key))


def _some(names: Sequence[str], count: int = 8) -> str:
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def start_run(
    output_dir: str | Path,
    seed: int,
    training: Sequence[Mapping[str, Any]],
    validation: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Claim ``output_dir`` for this run, or go on with the run that is there.

    Args:
        output_dir: folder of the run; its ``run.json`` is the claim.
        seed: run seed, kept for the record.
        training: items of the training data list.
        validation: items of the validation data list.

    Returns:
        The content of ``run.json``.

    Raises:
        UserError: another run lives in the folder; the message names the keys that differ.
    """
    path = Path(output_dir) / RUN
    config = json.loads(json.dumps(flatten(current_config()), default=str))
    items = [*training, *validation]
    data = {"training": identify(training), "validation": identify(validation)}
    run: dict[str, Any] = {
        "hash": digest([config, data]),
        "seed": seed,
        SCAN: {**contract_of(items), **current_values(SCAN_KEYS)},
        NETWORK: network_keys(contract_of(items)),
        "config": config,
        "data": data,
        "licence": sorted({str(item["licence"]) for item in items if "licence" in item}),
        "versions": versions(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    if is_main():
        run = _claim(path, run)
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()  # the other ranks must not load what the main one discards
    return run


def _claim(path: Path, run: dict[str, Any]) -> dict[str, Any]:
    """Write ``run.json``, or return the one there if it is of the same run."""
    if path.is_file() and "monailabel" not in sys.modules:
        old = json.loads(path.read_text(encoding="utf-8"))
        if old.get("hash") == run["hash"]:
            return dict(old)
        keys = _differences(old.get("config", {}), run["config"])
        parts = run["data"]
        keys += [f"data:{part}" for part in parts if old.get("data", {}).get(part) != parts[part]]
        raise UserError(
            f"{path.parent} holds another run (different: {_some(keys)}); choose another "
            "--output_dir, or delete that folder to start again"
        )
    _discard(path.parent)
    write_json(path, run)
    return run


def _discard(folder: Path) -> None:
    """Remove what an unclaimed or superseded run left, so that it cannot be mistaken for ours."""
    for name in ("checkpoint.pt", "trace.jsonl", "transfer.json"):
        (folder / name).unlink(missing_ok=True)
