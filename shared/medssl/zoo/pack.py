"""``medssl pack``: a bundle that runs where this repository is not."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engines import Trained
from ..engines.model_file import MODEL
from ..engines.provenance import PROVENANCE, read_provenance
from ..engines.trained import refuse_other_task
from ..errors import UserError
from ..files import parse_json, sha256_of
from .archive import write_archive
from .bake import bake_run
from .card import model_card
from .describe import describe
from .library import copy_library, package_name, point_to
from .weights import inference_network, write_weights

COPIED = ("configs", "docs", "LICENSE")
_OWN_KEYS = {"monai": "monai_version", "torch": "pytorch_version", "numpy": "numpy_version"}


def read_metadata(bundle: Path) -> dict[str, Any]:
    """A bundle's metadata.

    Raises:
        UserError: no such file, no JSON, or no version in it.
    """
    path = bundle / "configs" / "metadata.json"
    if not path.is_file():
        raise UserError(f"{bundle}: no bundle (no configs/metadata.json){_if_a_run(bundle)}")
    try:
        metadata = parse_json(path.read_text(encoding="utf-8"))
        metadata["version"].split(".")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: no JSON object with a version ({error})") from error
    return dict(metadata)


def _if_a_run(folder: Path) -> str:
    """What to do with the folder of a run; empty for any other."""
    if not (folder / MODEL).is_file():
        return ""
    name = (read_provenance(folder) or {}).get("bundle") or "BUNDLE"
    command = f"medssl pack bundles/{name} --models {shlex.quote(str(folder))}"
    return f", but a run; `{command}` makes a release of it"


def pack(
    bundle: str | Path,
    output: str | Path,
    models: str | Path | None = None,
    allow_untrained: bool = False,
    licence: str = "Apache-2.0",
) -> Path:
    """Write ``<name>_v<version>.zip``, which MONAI's ``download`` and MONAI Label take.

    The archive holds the configs, the weights as ``model.pt`` and as TorchScript, where they come
    from, a README that says so, ``requirements.txt`` and the library under a name of its own. Keys
    of the run that trained the weights, such as ``base_channels``, are written into the configs.

    Args:
        bundle: folder of the bundle.
        output: folder to write to.
        models: folder with the trained weights; default the bundle's ``models``.
        allow_untrained: pack freshly initialised weights where there are no trained ones.
        licence: of the weights; that of the data comes from the folder they were trained on.

    Raises:
        UserError: no bundle, no weights, or weights of another network or task.
    """
    bundle = Path(bundle).resolve()
    metadata = read_metadata(bundle)
    trained = bundle / "models" if models is None else Path(models)
    name, version = bundle.name, str(metadata["version"])
    known = Trained(trained / MODEL)
    refuse_other_task(known, metadata.get("task"))
    run = {**(read_provenance(trained) or {}).get("config", {}), **known.known}
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / name
        stage.mkdir()
        _copy_bundle(bundle, stage)
        changed = bake_run(stage, run, known.known)
        weights = {"model": str(trained / MODEL)}  # beside which the network's keys are known
        inference = bundle / "configs" / "inference.json"
        network = inference_network(inference, changed | weights)
        settings = json.loads(inference.read_text("utf-8")) | changed
        metadata = describe(stage / "configs" / "metadata.json", network, known, settings)
        write_weights(trained, stage / "models", network, allow_untrained, licence)
        package = package_name(name, version)
        copy_library(stage / package)
        for config in (stage / "configs").glob("*.json"):
            point_to(package, config)
        (stage / "requirements.txt").write_text(requirements(metadata), "utf-8")
        readme = stage / "docs" / "README.md"
        provenance = json.loads((stage / "models" / PROVENANCE).read_text("utf-8"))
        card = model_card(readme.read_text("utf-8"), metadata, provenance, name, package)
        readme.write_text(card, "utf-8")
        path = Path(output) / f"{name}_v{version}.zip"
        former = sha256_of(path) if path.is_file() else None
        write_archive(stage, path)
    if former not in (None, sha256_of(path)):
        print(
            f"{path}: replaced another release of this version, which indexes still name; if that "
            "one was given away, raise the version in metadata.json",
            file=sys.stderr,
        )
    return path


def _copy_bundle(bundle: Path, stage: Path) -> None:
    for item in COPIED:
        source = bundle / item
        if source.is_dir():
            shutil.copytree(source, stage / item)
        elif source.is_file():
            shutil.copyfile(source, stage / item)
        else:
            raise UserError(f"{bundle}: no {item} in it; a released bundle needs one")


def requirements(metadata: Mapping[str, Any]) -> str:
    """The lines of ``requirements.txt``: the packages and versions that the metadata names."""
    own = {package: metadata[key] for package, key in _OWN_KEYS.items()}
    packages = {**own, **metadata["required_packages_version"]}
    return "".join(f"{package}=={version}\n" for package, version in packages.items())
