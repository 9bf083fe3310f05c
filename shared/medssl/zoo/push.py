"""``medssl push``: put a released bundle on the Hugging Face Hub."""

from __future__ import annotations

import locale
import re
import tempfile
from importlib.util import find_spec
from pathlib import Path

from monai.bundle import push_to_hf_hub

from ..errors import UserError
from .archive import unpack
from .index import read_release
from .verify import QUICK, run_checks, table

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def push(source: str | Path, hub: str, private: bool = True) -> str:
    """Verify a released zip and upload its content, tagged with its version.

    The token is that of ``hf auth login`` or of the environment variable HF_TOKEN.

    Args:
        source: zip that ``medssl pack`` wrote.
        hub: repository on the Hub, ``owner/name``; made if it is not there.
        private: of a repository that is made.

    Returns:
        Where it went.

    Raises:
        UserError: no such repository name, huggingface_hub is missing, a check failed, or the Hub
            refused.
    """
    if not _REPOSITORY.fullmatch(hub):
        raise UserError(f"hub: {hub!r}, expected owner/name of a repository")
    if find_spec("huggingface_hub") is None:
        raise UserError("push: huggingface_hub is missing; `pip install huggingface_hub`")
    release = read_release(Path(source))
    with tempfile.TemporaryDirectory() as scratch:
        results = run_checks(source, Path(scratch) / "phantoms", QUICK)
        if not all(result.passed for result in results):
            print(table(results))
            raise UserError(f"{release.path.name}: does not pass `medssl verify`; not uploaded")
        folder = unpack(release.path, Path(scratch) / "bundles")
        _spell_out(folder / "docs" / "README.md")
        try:
            return str(
                push_to_hf_hub(
                    repo=hub,
                    name=folder.name,
                    bundle_dir=str(folder.parent),
                    private=private,
                    version=release.version,
                )
            )
        except Exception as error:  # the Hub's client raises many kinds
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"hub: {hub} cannot be written ({reason}); check `hf auth login`"
            ) from error


def _spell_out(card: Path) -> None:
    """Escape what MONAI could not read in the model card where the locale is not UTF-8."""
    if locale.getpreferredencoding(False).lower() not in ("utf-8", "utf8"):
        card.write_bytes(card.read_text(encoding="utf-8").encode("ascii", "xmlcharrefreplace"))
