"""The bundle under test: a folder of the repository, or a released zip that is unpacked first."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...analysis.bundles import tell_of_code
from ...errors import UserError
from ...files import parse_json
from ..archive import unpack
from ..index import RELEASE
from ..library import NAME


@dataclass(frozen=True)
class Subject:
    """A bundle's folder, and where the checks write.

    ``scratch`` is this bundle's own, ``phantoms`` is for data that all bundles share; ``release``
    is the name and version of the zip it came from, None for a folder.
    """

    folder: Path
    scratch: Path
    phantoms: Path
    release: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    def config(self, name: str) -> dict[str, Any]:
        """``configs/<name>.json``.

        Raises:
            UserError: missing, or no JSON object.
        """
        path = self.folder / "configs" / f"{name}.json"
        try:
            content = parse_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"configs/{name}.json: cannot be read ({error})") from error
        if not isinstance(content, dict):
            raise UserError(f"configs/{name}.json: expected a JSON object")
        return content

    @property
    def metadata(self) -> dict[str, Any]:
        return self.config("metadata")


@contextmanager
def opened(source: str | Path, phantoms: Path) -> Iterator[Subject]:
    """The bundle in ``source``, importable as MONAI makes it: its folder is on ``sys.path``.

    Raises:
        UserError: neither a folder nor a released zip, or a zip that is damaged or unsafe.
    """
    source = Path(source).resolve()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if source.is_dir():
            subject = Subject(source, scratch, phantoms)
        elif match := RELEASE.fullmatch(source.name):
            folder = unpack(source, scratch / "bundles")
            subject = Subject(folder, scratch, phantoms, (match["name"], match["version"]))
        else:
            raise UserError(
                f"{source}: expected a bundle's folder or a zip named like "
                "pretrain_simclr_v0.1.0.zip"
            )
        tell_of_code(subject.folder / "configs")
        sys.path.insert(0, str(subject.folder))
        try:
            yield subject
        finally:
            sys.path.remove(str(subject.folder))
            for library in subject.folder.glob(f"{NAME}_*/__init__.py"):
                _forget(library.parent.name)


def _forget(package: str) -> None:
    """Drop the modules of a vendored library: another bundle may bring the same name."""
    for name in [key for key in sys.modules if key.split(".")[0] == package]:
        del sys.modules[name]
