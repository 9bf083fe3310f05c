"""What each generation of some weights has seen of the scans that are tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engines.provenance import PROVENANCE
from ..store import identify
from .ancestry import Generation
from .overlaps import Overlap, find_overlaps, has_identity

_SHOWN = 3


@dataclass(frozen=True)
class GenerationReport:
    """What one generation of the weights has seen of the tested scans.

    Attributes:
        name: of the weights.
        seen: number of scans it was trained on; None where nobody knows.
        unknown: how many of these cannot be compared, such as raw files of MONAI Label.
        overlaps: tested scans that it has seen.
        namesakes: tested scans that share but a name with one that it has seen.
    """

    name: str
    seen: int | None
    unknown: int = 0
    overlaps: tuple[Overlap, ...] = ()
    namesakes: tuple[Overlap, ...] = ()


@dataclass(frozen=True)
class AuditReport:
    """Generation by generation, the weights' own first, which tested scans were seen.

    Attributes:
        split: what is tested.
        tested: its number of scans.
        generations: one for each.
        nameless: how many tested scans cannot be compared, as raw files have no identity.
    """

    split: str
    tested: int
    generations: tuple[GenerationReport, ...]
    nameless: int = 0

    @property
    def seen(self) -> int | None:
        """Number of scans that all generations used; None where one is of unknown origin."""
        counts = [generation.seen for generation in self.generations]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Each tested scan that any generation has seen, once."""
        found: dict[str, Overlap] = {}
        for generation in self.generations:
            for overlap in generation.overlaps:
                found.setdefault(overlap.case, overlap)
        return tuple(found.values())

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the generations of unknown origin, or of scans that cannot be compared."""
        return tuple(g.name for g in self.generations if g.seen is None or g.unknown)

    def lines(self, overlaps_only: bool = False) -> list[str]:
        """One line for each generation and for each warning, or for each with overlap alone."""
        lines = [
            line
            for generation in self.generations
            if generation.overlaps or not overlaps_only
            for line in self._describe(generation)[: 1 if overlaps_only else None]
        ]
        if self.nameless and not overlaps_only:
            lines.append(f"{self.nameless} of the tested scans cannot be compared: not prepared")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _describe(self, generation: GenerationReport) -> list[str]:
        name, tested = generation.name, f"{self.tested} {self.split} scans"
        if generation.seen is None:
            reason = f"no {PROVENANCE} that says where these weights come from"
            return [f"{name}: {reason}, so whether they saw the {tested} cannot be checked"]
        head = f"{len(generation.overlaps)} of {tested} overlap with the {generation.seen} scans"
        lines = [f"{head} of {name}{_first(generation.overlaps)}"]
        if generation.unknown:
            lines.append(
                f"{name}: {generation.unknown} of its scans cannot be compared: not prepared"
            )
        if generation.namesakes:
            count = f"{len(generation.namesakes)} of {tested} share only a name with other scans"
            lines.append(f"warning: {count} of {name}{_first(generation.namesakes)}")
        return lines


def _first(overlaps: Sequence[Overlap]) -> str:
    shown = "; ".join(f"{each.case} ({each.reason})" for each in overlaps[:_SHOWN])
    more = f"; and {len(overlaps) - _SHOWN} more" if len(overlaps) > _SHOWN else ""
    return f": {shown}{more}" if shown else ""


def compare(
    generations: Sequence[Generation],
    tested: Sequence[Mapping[str, Any]],
    listed: Sequence[Mapping[str, Any]] = (),
) -> AuditReport:
    """Compare scans with what each generation of some weights was trained on.

    Args:
        generations: see :func:`ancestry`.
        tested: items of a data list.
        listed: items of all its splits.
    """
    scans, everything = identify(tested), identify(listed)
    split = str(tested[0].get("split", "tested")) if tested else "tested"
    nameless = sum(not has_identity(scan) for scan in scans)
    reports = []
    for generation in generations:
        if generation.data is None:
            reports.append(GenerationReport(generation.name, None))
            continue
        seen = [scan for some in generation.data.values() for scan in some]
        unknown = sum(not has_identity(scan) for scan in seen)
        found = find_overlaps(generation.data, scans, everything)
        reports.append(GenerationReport(generation.name, len(seen), unknown, *found))
    return AuditReport(split, len(scans), tuple(reports), nameless)
