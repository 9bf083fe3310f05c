"""Write a new method into a checkout: module, test, bundle, and its place in the lists."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...errors import UserError
from .bundle import make_bundle
from .families import FAMILIES
from .texts import add_bundle, add_export, class_name, move_module, move_test

CHECKOUT = Path(__file__).resolve().parents[4]
PACKAGE = "shared/medssl/pretext"
EXPORTS = f"{PACKAGE}/__init__.py"
# Where the bundles that the tests train are listed, one a line.
LISTS = ("tests/bundles/conftest.py", "tests/bundles/test_run.py")
LONGEST = 30  # characters: one line of a skeleton holds the name twice
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def new_method(name: str, family: str = "predictive", checkout: Path = CHECKOUT) -> list[str]:
    """Make a method that trains, to be changed into one's own.

    Args:
        name: of the method, lower-case words joined by underscores.
        family: predictive, generative or contrastive.
        checkout: the repository; by default the one that the library lies in.

    Returns:
        What was written (module, test, bundle) and what was changed, by path in the checkout.
        Either all of it is there, or nothing.

    Raises:
        UserError: no checkout, no such family, or a name that cannot be used.
    """
    if not all((checkout / path).is_file() for path in (EXPORTS, *LISTS)):
        raise UserError(
            f"new-method: {checkout} is no checkout of medssl, which is where a method is written; "
            "git clone the repository and run the medssl that its `make` installs"
        )
    if family not in FAMILIES:
        raise UserError(f"--family {family}: expected one of {', '.join(FAMILIES)}")
    check_name(name, checkout)
    files = make_files(name, family, checkout)
    _install(files, checkout, _paths(name))
    return [*_paths(name), EXPORTS, *LISTS]


def check_name(name: str, checkout: Path) -> None:
    """Raise ``UserError`` for a name that Python, MONAI or another method leaves no room for."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"{name}: expected lower-case words joined by underscores, such as my_idea, with at "
            f"most {LONGEST} characters"
        )
    if keyword.iskeyword(name):
        raise UserError(f"{name}: a word of Python's own; choose another name")
    if "_v" in f"pretrain_{name}":
        raise UserError(
            f"{name}: MONAI splits a bundle's name at `_v`, and the bundle is pretrain_{name}; "
            "choose a name in which no word starts with v"
        )
    taken = [path for path in _paths(name) if (checkout / path).exists()]
    if f'"{class_name(name)}"' in (checkout / EXPORTS).read_text(encoding="utf-8"):
        taken.append(class_name(name))
    if taken:
        raise UserError(f"{name}: {taken[0]} is there already; choose another name")


def make_files(name: str, family: str, checkout: Path) -> dict[str, str]:
    """Text of each file that is new or changed, by its path in the checkout."""

    def read(path: str) -> str:
        return (checkout / path).read_text(encoding="utf-8")

    module, test, folder = _paths(name)
    kind, bundle = FAMILIES[family], Path(folder).name
    made = make_bundle(checkout / "bundles" / kind.source, bundle, class_name(name), kind)
    return {
        module: move_module(read(f"shared/medssl/zoo/skeleton/{family}.py"), name, family),
        test: move_test(read(f"tests/zoo/skeleton/test_{family}.py"), name, family),
        **{f"{folder}/{path}": text for path, text in made.items()},
        EXPORTS: add_export(read(EXPORTS), name),
        **{path: add_bundle(read(path), kind.source, bundle) for path in LISTS},
    }


def _paths(name: str) -> tuple[str, str, str]:
    """Module, test and bundle: what must not be there yet."""
    return f"{PACKAGE}/{name}.py", f"tests/pretext/test_{name}.py", f"bundles/pretrain_{name}"


def _install(files: Mapping[str, str], checkout: Path, new: tuple[str, str, str]) -> None:
    """Write all files elsewhere and move them into place; undo the moves if one fails."""
    listed = {path: (checkout / path).read_bytes() for path in (EXPORTS, *LISTS)}
    with tempfile.TemporaryDirectory(prefix=".new-method-", dir=checkout) as stage:
        for path, text in files.items():
            place = Path(stage) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        try:
            for path in files:
                (checkout / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(stage) / path).replace(checkout / path)
        except BaseException:
            for path, content in listed.items():
                (checkout / path).write_bytes(content)
            for path in new[:2]:
                (checkout / path).unlink(missing_ok=True)
            shutil.rmtree(checkout / new[2], ignore_errors=True)
            raise
