"""What a hand-over did, part by part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .scans import Change


@dataclass(frozen=True)
class PartReport:
    """The fate of one part of the target network.

    Attributes:
        part: "encoder" or "decoder".
        entries: parameters and buffers the target has in this part.
        loaded: names copied, all of them or none.
        reason: why the part was skipped, empty when it was loaded.
    """

    part: str
    entries: int
    loaded: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class TransferReport:
    """All parts of one hand-over from ``source``.

    Attributes:
        source: path, with the file of a moving-average target in brackets.
        parts: encoder and decoder, or those asked for.
        naming: key map by which the source was understood, see :mod:`medssl.transfer.foreign`.
        changes: what the pretraining saw in another way than the run that takes over.
    """

    source: str
    parts: tuple[PartReport, ...]
    naming: str = "medssl"
    changes: tuple[Change, ...] = ()

    @property
    def loaded(self) -> tuple[str, ...]:
        """Names of every entry copied."""
        return tuple(name for part in self.parts for name in part.loaded)

    def summary(self) -> str:
        """One line for the log; another spacing or window is stated, and taken over nowhere."""
        words = [
            f"{part.part} {len(part.loaded)}/{part.entries}"
            + (f" (skipped: {part.reason})" if part.reason else "")
            for part in self.parts
        ]
        names = "" if self.naming == "medssl" else f" (key map {self.naming})"
        scans = "".join(f"; {change}" for change in self.changes)
        return f"transferred from {self.source}{names}: " + ", ".join(words) + scans

    def as_dict(self) -> dict[str, Any]:
        """Plain containers, for JSON."""
        return asdict(self)
