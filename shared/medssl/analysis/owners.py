"""Whose the cases in the tables of an evaluation are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engines.evaluated_data import judged
from ..engines.evaluation import MEND, METRICS
from ..errors import UserError
from ..store.selection import Item

OF_SPLIT = "name the data, --split and --fold of the evaluation"


@dataclass(frozen=True)
class Owners:
    """Patients of the scans of a split.

    Attributes:
        patients: by scan, each channel by itself, or joined case.
        evaluated: those scans that an evaluation has seen, as far as it says.
    """

    patients: Mapping[str, str]
    evaluated: Collection[str]

    @classmethod
    def known(cls, folder: Path, items: Sequence[Item]) -> Owners:
        """Those in a data list.

        Args:
            folder: of the evaluation.
            items: of the split, also joined.

        Raises:
            UserError: ``metrics.json`` is damaged.
        """
        patients = {str(item["id"]): str(item.get("patient", item["id"])) for item in items}
        return cls(patients, {str(item["id"]) for item in judged(folder, items)})

    def of(self, scan: str, path: Path, called: str = "") -> str:
        """The patient of a scan.

        Args:
            scan: its id.
            path: of the table that it stands in.
            called: how it stands there, by default so.

        Raises:
            UserError: it is none of the split, or none that the evaluation has seen.
        """
        if scan not in self.patients:
            raise UserError(f"{path}: {called or scan} is no case of this split; {OF_SPLIT}")
        if scan not in self.evaluated:
            raise UserError(
                f"{path}: {called or scan} is of no scan that {METRICS} beside it knows (data); "
                f"{MEND}"
            )
        return self.patients[scan]

    def of_cases(self, cases: Sequence[str], path: Path) -> dict[str, str]:
        """Patients by case; cases are scans, or objects ``scan_number``.

        Raises:
            UserError: see :meth:`of`.
        """
        whole = all(case in self.patients for case in cases)
        order = sorted(cases, key=self.patients.__contains__)  # to name what is strange
        scans = {case: case if whole else case.rpartition("_")[0] for case in order}
        return {case: self.of(scan, path, case) for case, scan in scans.items()}
