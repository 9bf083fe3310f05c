"""The library inside a released bundle, under a name of its own.

MONAI puts a bundle's folder on ``sys.path``. Two bundles of different versions in one process, as
in MONAI Label, must not import each other's code, so each carries its copy under a package name
that holds the bundle's name and version. The library imports itself relatively, so a copy is
enough.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
NAME = LIBRARY.name
# What a bundle needs neither to run nor to prepare its data.
LEFT_OUT = ("analysis", "commands", "demo", "zoo", "cli.py", "__pycache__")
_REFERENCE = re.compile(rf'(?<="){re.escape(NAME)}(?=\.[a-z])')


def package_name(bundle: str, version: str) -> str:
    """The import name of the library inside a bundle, unique to its name and version."""
    return f"{NAME}_{bundle}_{version.replace('.', '_')}"


def copy_library(target: Path) -> None:
    """Copy the library to the folder ``target``, without what bundles do not use."""
    shutil.copytree(LIBRARY, target, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.pyc"))


def rename_references(config: str, package: str) -> str:
    """Let a config's references to the library's classes and functions point to ``package``."""
    return _REFERENCE.sub(package, config)
