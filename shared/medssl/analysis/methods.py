"""The table of pretraining methods, generated from the bundles themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import torch

from ..errors import UserError
from .bundles import find_bundles, read_config, read_json

HEADINGS = (
    *("method", "family", "input", "labels", "loss", "parameters", "paper"),
    *("step, s (batch)", "memory, MiB"),
)
FAMILIES = ("predictive", "generative", "contrastive", "generative and contrastive")
METADATA_KEY = "pretext"
KEYS = ("family", "input", "labels")
TITLE = """# Methods

One row for each pretraining bundle, with the network and input of its `configs/train.json`. Written
by `medssl methods --write docs/methods.md`; the figures are read from the bundles, so edit those.
"""


@dataclass(frozen=True)
class Method:
    """One row of the table; ``parameters`` counts the training network, heads included."""

    method: str
    family: str
    input: str
    labels: str
    loss: str
    parameters: str
    paper: str
    step: str
    memory: str


def describe(bundle: Path, benchmarks: Mapping[str, Any]) -> Method:
    """The row of one bundle.

    Args:
        bundle: its folder; ``configs/metadata.json`` holds ``pretext`` with ``KEYS``.
        benchmarks: content of docs/benchmarks.json, or nothing.

    Raises:
        UserError: the metadata lack what the configs cannot tell.
    """
    path = bundle / "configs" / "metadata.json"
    metadata = read_json(path)
    told = metadata.get(METADATA_KEY, {})
    if missing := [key for key in KEYS if key not in told]:
        raise UserError(f'{path}: "{METADATA_KEY}" lacks {", ".join(missing)}')
    if told["family"] not in FAMILIES:
        raise UserError(f"{path}: family {told['family']!r}, expected one of {list(FAMILIES)}")
    parser = read_config(bundle)
    size = " x ".join(str(side) for side in _patch(parser))
    step, memory = _speed(bundle.name, benchmarks)
    return Method(
        method=bundle.name,
        family=told["family"],
        input=f"{told['input']}, {size}",
        labels=told["labels"],
        loss=str(parser.config["loss"]["_target_"]).rsplit(".", 1)[-1],
        parameters=f"{count_parameters(parser):,}",
        paper=cite(metadata["references"]),
        step=step,
        memory=memory,
    )


def _patch(parser: Any) -> Any:
    """Size of what the network sees, voxels: a patch where crops are cut into such."""
    grid = parser.config.get("grid", {})
    return parser.get_parsed_content("grid#patch_size" if "patch_size" in grid else "crop_size")


def count_parameters(parser: Any) -> int:
    """Parameters of the config's ``network_def``, built without memory for its weights."""
    with torch.device("meta"):
        network = parser.get_parsed_content("network_def")
    return sum(parameter.numel() for parameter in network.parameters())


def cite(references: Sequence[str]) -> str:
    """Authors and year of the method's own paper: the last of the bundle's references."""
    reference = references[-1]
    authors = reference.split(". ")[0].split(", ")
    first, second = authors[0].split()[0], authors[-1].split()[0]
    several = len(authors) > 2 or second == "et"
    names = f"{first} et al." if several else f"{first} & {second}"
    years = re.findall(r"\b(?:19|20)\d\d\b", reference)
    return f"{first if len(authors) == 1 else names} {years[-1] if years else ''}".strip()


def _speed(bundle: str, benchmarks: Mapping[str, Any]) -> tuple[str, str]:
    """Fastest measured step with its batch, peak memory; a row lacks them where the step failed."""
    rows = [
        row
        for row in benchmarks.get("training_step", [])
        if "full_s" in row and row["bundle"] == bundle
    ]
    if not rows:
        return "-", "-"
    best = min(rows, key=lambda row: row["full_s"])
    return f"{best['full_s']:.3g} ({best['batch']})", f"{best['peak_mib']:,}"


def methods_page(bundles: str | Path | None = None) -> str:
    """The Markdown page of all bundles ``pretrain_*``.

    Args:
        bundles: folder of the bundles; by default the one beside the installed library. Speed
            comes from ``../docs/benchmarks.json``, where that exists.

    Raises:
        UserError: no bundles there, or one whose metadata are incomplete.
    """
    folders = find_bundles(bundles, "pretrain_*")
    path = folders[0].parents[1] / "docs" / "benchmarks.json"
    benchmarks = read_json(path) if path.is_file() else {}
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    rows += [astuple(describe(folder, benchmarks)) for folder in folders]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    measured = benchmarks.get("measured", {}).get("training_step")
    origin = (
        f"Step time and peak memory are those of [benchmarks.json](benchmarks.json): "
        f"{measured['device']}, {measured['date']}.\n"
        if measured
        else "Step time and memory: not measured yet (`make bench`).\n"
    )
    return f"{TITLE}\n{table}\n\n{origin}"


def check_page(path: Path, page: str) -> None:
    """Raise ``UserError`` unless the file holds exactly ``page``."""
    if not path.is_file() or path.read_text(encoding="utf-8") != page:
        raise UserError(f"{path}: out of date; run `medssl methods --write {path}`")
