"""Write a new method into a checkout: module, bundle, test, and its place in the lists."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from .bundle import make_bundle
from .families import FAMILIES

CHECKOUT = Path(__file__).resolve().parents[4]
PACKAGE = "shared/medssl/pretext"
EXPORTS = f"{PACKAGE}/__init__.py"
# Where the bundles that the tests train are listed, one a line.
LISTS = ("tests/bundles/conftest.py", "tests/bundles/test_run.py")
LONGEST = 30  # characters; the longest line of a skeleton holds the name twice
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def new_method(name: str, family: str = "predictive", checkout: Path = CHECKOUT) -> list[str]:
    """Make a method that trains, to be changed into one's own.

    Args:
        name: of the method, ``lower_snake``; the bundle becomes ``pretrain_<name>``.
        family: predictive, generative or contrastive.
        checkout: the repository, by default the one the library is installed from.

    Returns:
        The files written or changed, relative to the checkout.

    Raises:
        UserError: no checkout, a name that cannot be used, or no such family.
    """
    if family not in FAMILIES:
        raise UserError(f"--family {family}: expected one of {', '.join(FAMILIES)}")
    if not all((checkout / path).is_file() for path in (EXPORTS, *LISTS)):
        raise UserError(
            f"new-method: {checkout} is no checkout of this repository, into which a method is "
            "written; git clone it and pip install -e it first"
        )
    check_name(name, checkout)
    files = _make_files(name, family, checkout)
    _install(files, checkout)
    return sorted(files)


def check_name(name: str, checkout: Path) -> None:
    """Raise ``UserError`` for a name that Python, MONAI or another method leaves no room for."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"{name}: expected lower-case words joined by underscores, such as my_idea, "
            f"of at most {LONGEST} characters"
        )
    if keyword.iskeyword(name):
        raise UserError(f"{name}: a word of Python's own; choose another name")
    if "_v" in f"_{name}":
        raise UserError(
            f"{name}: MONAI splits the name of a bundle, pretrain_{name}, at `_v`; choose a name "
            "in which no word starts with v"
        )
    taken = [path for path in _paths(name) if (checkout / path).exists()]
    if taken:
        raise UserError(f"{name}: {taken[0]} is there already; choose another name")
    if f'"{_class_name(name)}Pretext"' in (checkout / EXPORTS).read_text(encoding="utf-8"):
        raise UserError(f"{name}: {_class_name(name)}Pretext is there already; choose another name")


def _paths(name: str) -> tuple[str, str, str]:
    """Module, test and bundle."""
    return f"{PACKAGE}/{name}.py", f"tests/pretext/test_{name}.py", f"bundles/pretrain_{name}"


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _make_files(name: str, family: str, checkout: Path) -> dict[str, str]:
    """All texts by their path in the checkout."""
    module, test, bundle = _paths(name)
    camel = _class_name(name)
    skeleton = f"shared/medssl/zoo/skeleton/{family}.py"
    read = {path: (checkout / path).read_text("utf-8") for path in (skeleton, EXPORTS, *LISTS)}
    tests = (checkout / f"tests/zoo/test_skeleton_{family}.py").read_text("utf-8")
    transform = f"{camel}Pretext"
    made = make_bundle(checkout, name, transform, FAMILIES[family])
    return {
        module: move_module(read[skeleton], name, family),
        test: move_test(tests, name, family),
        EXPORTS: add_export(read[EXPORTS], name, transform),
        **{path: add_bundle(read[path], FAMILIES[family].source, bundle) for path in LISTS},
        **{f"{bundle}/{path}": text for path, text in made.items()},
    }
