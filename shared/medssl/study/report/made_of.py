"""What a report was made of and which files are its own, for the one that is written after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...engines.identity import digest
from ...files import sha256_of
from ..checked import read_checked, write_checked
from ..cost import COST
from ..result import RESULT
from ..runs import PLAN, read_plan
from ..start import study_folder
from ..store import STORE, failures
from ..train import RUNS
from .pictures import PLACE as FIGURES

INDEX, MADE_OF, TABLES, PAPER = "index.html", ".made_of.json", "tables", "paper_numbers.csv"
FORMAT = 1  # of the marker
_MEND = "remove it"
_PARTS, _FILES, _CONTENT = "made_of", "files", "content"  # keys of the marker


@dataclass(frozen=True)
class Made:
    """A report.

    Attributes:
        parts: digests of what it was made of; none of one that did not end.
        files: lists, tables and pictures, seen from its folder.
        content: digest of what is in them, in the index and in the store.
    """

    parts: Mapping[str, str]
    files: frozenset[str]
    content: str = ""

    @classmethod
    def read(cls, report: Path) -> Made:
        """The report in a folder; that there is none, too.

        Raises:
            UserError: the file that says so is damaged, or of another version.
        """
        marker = report / MADE_OF
        if not marker.is_file():
            return cls({}, frozenset())
        found = read_checked(marker, FORMAT, _MEND)
        return cls(found[_PARTS], frozenset(found[_FILES]), found[_CONTENT])

    def write(self, report: Path) -> None:
        """Note it in a folder."""
        content = {_PARTS: dict(self.parts), _FILES: sorted(self.files), _CONTENT: self.content}
        write_checked(report / MADE_OF, FORMAT, content)

    def sealed(self, report: Path) -> Made:
        """With the content that its files have now; with none where one of them is gone."""
        paths = [report / name for name in sorted({INDEX, *self.files})]
        paths += sorted((report.parent / STORE).glob("*.parquet"))
        whole = all(path.is_file() for path in paths)
        content = digest([(path.name, sha256_of(path)) for path in paths]) if whole else ""
        return replace(self, content=content)

    def stands(self, report: Path, parts: Mapping[str, str]) -> bool:
        """Whether it is made of these parts, and all of its files are as they were written."""
        return self.parts == parts and bool(self.content) and self == self.sealed(report)


def sweep(report: Path, names: Iterable[str]) -> None:
    """Remove what an earlier report has left there and this one does not have; nothing else."""
    for path in (report / name for name in names):
        if path.parent.name in (TABLES, FIGURES) and path.parent.parent == report:
            path.unlink(missing_ok=True)


def parts_of(study: Path) -> dict[str, str]:
    """Digests of all that a report is made of: the plan, the results, and this code."""
    study_room = Path(__file__).parents[1]
    rooms = study_room, study_room.with_name("analysis")
    code = sorted(p for room in rooms for end in ("py", "html") for p in room.rglob(f"*.{end}"))
    results = sorted(path for path in (study / RUNS).glob(f"*/{RESULT}") if path.is_file())
    failed = failures(study, read_plan(study))
    parts = {
        "plan": [study / PLAN, *([study / COST] if (study / COST).is_file() else [])],
        "results": results,
        "code": [*code, study_folder() / PAPER],
    }
    made = {name: digest([sha256_of(path) for path in paths]) for name, paths in parts.items()}
    return {**made, "failed": digest(failed)}
