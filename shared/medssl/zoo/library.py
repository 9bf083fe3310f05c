"""The library inside a released bundle, under a name of its own.

MONAI puts a bundle's folder on ``sys.path``. Two bundles of different versions in one process, as
in MONAI Label, must not import each other's code, so each carries its copy under a package name
that holds the bundle's name and version. The library imports itself relatively, so a copy is
enough.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
NAME = LIBRARY.name
# What a bundle needs neither to run nor to prepare its data.
LEFT_OUT = ("analysis", "commands", "demo", "zoo", "cli.py", "__main__.py", "__pycache__")
_REACH = {"_target_": "site.addsitedir", "sitedir": "@bundle_root"}
_REFERENCE = re.compile(rf'(?<="){re.escape(NAME)}(?=\.[a-z])')


def package_name(bundle: str, version: str) -> str:
    """The import name of the library inside a bundle, unique to its name and version."""
    return f"{NAME}_{bundle}_{version.replace('.', '_')}"


def copy_library(target: Path) -> None:
    """Copy the library to the folder ``target``, without what bundles do not use."""
    shutil.copytree(LIBRARY, target, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.pyc"))


def point_to(package: str, config: Path) -> None:
    """Let a config's references to the library's classes and functions point to ``package``.

    MONAI puts the bundle's folder on ``sys.path`` before ``run``; ``initialize`` comes earlier.
    """
    content = json.loads(config.read_text("utf-8"))
    if "initialize" in content:
        content["initialize"] = [_REACH, *content["initialize"]]
    text = json.dumps(content, indent=4) + "\n"
    config.write_text(_REFERENCE.sub(package, text), "utf-8")
