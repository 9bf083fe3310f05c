"""How much memory something takes at most, on Linux."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROCESS = Path("/proc/self")


def grown_mib(action: Callable[[], Any]) -> tuple[Any, float | None]:
    """What an action returns, and by how many MiB this process is larger at the worst moment.

    None where the system does not tell. (The peak of ``getrusage`` would not do: a process begins
    with that of its parent.) What the process has freed before is used again first, and hides as
    much of what is taken: measure in a fresh process.
    """
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")  # forget the peak so far
    before = _resident("VmRSS")
    result = action()
    after = _resident("VmHWM")
    return result, None if None in (before, after) else (after - before) / 1024  # type: ignore[operator]


def peak_mib() -> float:
    """Most memory that this program has held so far.

    What ``getrusage`` says would begin with the peak of the process that started it.
    """
    return (_resident("VmHWM") or 0) / 1024


def _resident(name: str) -> int | None:
    """Kilobytes, as Linux calls them in ``status``."""
    with suppress(OSError):
        for line in (_PROCESS / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return None
