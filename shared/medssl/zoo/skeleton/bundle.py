"""A skeleton's bundle, made from the bundle of its family."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

from .families import Family
from .readme import STUDY, make_readme, reword

TRAIN, SMALL, INFERENCE, METADATA = (
    f"configs/{name}.json" for name in ("train", "small", "inference", "metadata")
)
# Of the family's bundle; its weights and its picture are its own.
COPIED = (
    *("LICENSE", "configs/logging.conf", "configs/multi_gpu_train.json", "docs/data_license.txt"),
    *(TRAIN, SMALL, INFERENCE, METADATA, "configs/evaluate.json", "docs/health.json"),
)


def make_bundle(source: Path, name: str, transform: str, family: Family) -> dict[str, str]:
    """Text of each file of a new bundle, by its path in it.

    Args:
        source: folder of the family's bundle, in a checkout.
        name: of the new bundle.
        transform: class in ``medssl.pretext``.
        family: what the bundle is to be.
    """
    # The layout that `make check` asks for, from the program that checks it.
    layout = runpy.run_path(str(source.parents[1] / ".ci" / "format_configs.py"))["layout"]
    files = {path: (source / path).read_text(encoding="utf-8") for path in COPIED}
    for path, values in _changes(name, transform, family).items():
        config = json.loads(files[path])
        for key, value in values.items():
            _set(config, key, value)
        files[path] = layout(config) + "\n"
    for path in (TRAIN, SMALL):
        config = json.loads(files[path])
        kept = {key: value for key, value in config.items() if key not in family.dropped}
        files[path] = layout(kept) + "\n"
    files[INFERENCE] = reword(files[INFERENCE], family.wording)
    files["configs/paper.json"] = layout({"batch_norm": "batch"}) + "\n"
    readme = (source / "docs" / "README.md").read_text(encoding="utf-8")
    files["docs/README.md"] = make_readme(readme, name, family)
    return files


def _changes(name: str, transform: str, family: Family) -> dict[str, dict[str, Any]]:
    """The family's changes with those that every new bundle needs."""
    title = name.removeprefix("pretrain_").replace("_", " ").capitalize()
    changes = {path: dict(values) for path, values in family.changes.items()}
    preprocessing = {"_target_": f"medssl.pretext.{transform}"}
    changes.setdefault(TRAIN, {})["train#preprocessing"] = preprocessing
    changes.setdefault(METADATA, {}).update(
        {
            "version": "0.1.0",
            "changelog": {"0.1.0": "first version"},
            "name": f"{title} pretraining of a 3D U-Net",
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
