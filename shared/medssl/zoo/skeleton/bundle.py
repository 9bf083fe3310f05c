"""A skeleton's bundle, made from the bundle of its family."""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .families import Family

TRAIN, INFERENCE, METADATA = (f"configs/{name}.json" for name in ("train", "inference", "metadata"))
# Of the family's bundle; its weights and its picture are its own.
COPIED = (
    *("LICENSE", "configs/logging.conf", "configs/multi_gpu_train.json", "docs/data_license.txt"),
    *(TRAIN, INFERENCE, METADATA, "configs/evaluate.json", "docs/health.json"),
)
COMMANDS = {"the paper's values": "the study's batch norm"}
STUDY = (
    "Zhang C, Gu Y. Dive into Self-Supervised Learning for Medical Image Analysis. "
    "arXiv:2209.12157, 2022."
)
_README = """# Model Overview
Self-supervised pretraining of a 3D U-Net: {task}.

**Authors**: your name · **Tags**: self-supervised, pretraining, CT

{overview}

## Data

{data}

## Training configuration

{training}

Network, optimiser and batch are those of [{source}](../../{source}/docs/README.md) [1]. What differs from
the study, and how to get its value:

| topic | here | `paper.json` |
|---|---|---|
| batch norm | running statistics | `batch_norm: batch` |

## What a healthy run looks like

{healthy}

## Performance

Not measured yet. What the weights are worth for a task, only fine-tuning tells, against training from
scratch and over several seeds.

## Commands

{commands}

## Limitations

A skeleton that trains, not a method that was studied. {handed_over}

## References

[1] {study}
"""


def make_bundle(checkout: Path, name: str, transform: str, family: Family) -> dict[str, str]:
    """Text of each file of the bundle ``pretrain_<name>``, by its path in the bundle.

    Args:
        checkout: the repository.
        name: of the method.
        transform: its class in ``medssl.pretext``.
        family: what it is made from.
    """
    source = checkout / "bundles" / family.source
    # The layout that `make check` asks for, from the program that checks it.
    layout = runpy.run_path(str(checkout / ".ci" / "format_configs.py"))["layout"]
    files = {path: (source / path).read_text(encoding="utf-8") for path in COPIED}
    for path, values in _changes(name, transform, family).items():
        config = json.loads(files[path])
        for key, value in values.items():
            _set(config, key, value)
        if path == TRAIN:
            config = {key: value for key, value in config.items() if key not in family.dropped}
        files[path] = layout(config) + "\n"
    files[INFERENCE] = _reword(files[INFERENCE], family.wording)
    files["configs/paper.json"] = layout({"batch_norm": "batch"}) + "\n"
    readme = (source / "docs" / "README.md").read_text(encoding="utf-8")
    files["docs/README.md"] = _readme(readme, f"pretrain_{name}", family)
    return files


def _changes(name: str, transform: str, family: Family) -> dict[str, dict[str, Any]]:
    """The family's changes with those that every new bundle needs."""
    changes = {path: dict(values) for path, values in family.changes.items()}
    preprocessing = {"_target_": f"medssl.pretext.{transform}"}
    changes.setdefault(TRAIN, {})["train#preprocessing"] = preprocessing
    changes.setdefault(METADATA, {}).update(
        {
            "version": "0.1.0",
            "changelog": {"0.1.0": "first version"},
            "name": f"{name.replace('_', ' ').capitalize()} pretraining of a 3D U-Net",
            "task": f"Self-supervised pretraining: {family.task}",
            "pretext#input": family.input,
            "pretext#labels": family.labels,
            "description": f"Pretrains a 3D U-Net on unlabelled CT: {family.task}.",
            "authors": "your name",
            "copyright": "Copyright (c) your name",
            "references": [STUDY, "Unpublished"],
        }
    )
    return changes


def _set(config: dict[str, Any], path: str, value: Any) -> None:
    """Replace what is at ``path``; a KeyError says that the family's bundle has changed."""
    *parents, last = path.split("#")
    for parent in parents:
        config = config[parent]
    config[last], _ = value, config[last]


def _reword(text: str, wording: Mapping[str, str]) -> str:
    for old, new in wording.items():
        text = text.replace(old, new)
    return text


def _readme(text: str, bundle: str, family: Family) -> str:
    """The new README; how to get data, settings and commands are the family's bundle's."""
    sections = dict(section.split("\n", 1) for section in text.split("\n## ")[1:])
    training = sections["Training configuration"].strip().split("\n\n")
    commands = sections["Commands"].replace(family.source, bundle)
    return _README.format(
        source=family.source,
        task=family.task,
        overview=family.overview,
        data=sections["Data"].strip(),
        training="\n\n".join(training[:2]),
        healthy=family.healthy,
        commands=_reword(commands, {**COMMANDS, **family.wording}).strip(),
        handed_over=family.handed_over,
        study=STUDY,
    )
