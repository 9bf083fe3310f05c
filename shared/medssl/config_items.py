"""Which item of a config an error arose in."""

from __future__ import annotations

from collections.abc import Iterable
from traceback import walk_tb
from types import FrameType

_RESOLVER, _RESOLVES = "monai.bundle.reference_resolver", "_resolve_one_item"


def item_of(errors: Iterable[BaseException]) -> str:
    """Key of the innermost item of a config that was being made, or was at work, when it failed.

    MONAI names the class of a part that it could not make, not where it stands, and nothing of an
    expression or of what fails later, in a run. The frames of the tracebacks know: those of MONAI's
    resolver have the key of what they make, and what it has made are objects by their keys, of
    which one is ``self`` in a frame of its methods.

    Args:
        errors: an error and what caused it, outermost first.

    Returns:
        such as ``train#dataset``; nothing where no config is at work.
    """
    found, made = "", dict[int, str]()
    for frame in (frame for error in errors for frame, _ in walk_tb(error.__traceback__)):
        if _resolves(frame):
            found = frame.f_locals["id"]
            for key, thing in frame.f_locals["self"].resolved_content.items():
                made.setdefault(id(thing), key)  # the first is what a reference leads to
        elif "self" in frame.f_locals:
            found = made.get(id(frame.f_locals["self"]), found)
    return found.replace("::", "#")


def _resolves(frame: FrameType) -> bool:
    known = frame.f_globals.get("__name__") == _RESOLVER
    return known and frame.f_code.co_name == _RESOLVES
