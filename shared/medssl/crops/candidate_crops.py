"""Crops around candidate positions, for telling nodules from what only looks like one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ..errors import UserError
from ..random import fold
from ..store.marks import Marks
from ..store.open_volumes import grid_of, open_item
from ..store.voxels import spacing_of
from .candidate_cut import AIR_HU, check_isotropic, cut_candidate
from .candidate_table import Rows, balanced_epoch, find_table, fixed_subset, read_candidates
from .keys import Key, padded_crop_size, split_key

RESAMPLING = ("none", "mean")
_RAS_FROM_LPS = np.array([-1.0, -1.0, 1.0])
# Half of LUNA16's thickest slice and what resampling may cut off at the far side of a scan.
_BEYOND_MM = 2.0


class CandidateCropDataset(Dataset[dict[str, Any]]):
    """One crop for each candidate, centred on it and shifted to stay inside the scan.

    Args:
        data: items of a prepared folder, whose ``id`` is the candidates' series; candidates in
            other scans are passed over. Kept as ``.data``.
        candidates: CSV file (see :func:`~medssl.store.marks.read_marks`), or its name inside the
            prepared folder.
        crop_size: voxels x, y, z.
        isotropic_mm: voxel size in mm that the crops are resampled to, as for a folder prepared at
            native spacing; None leaves them at the stored one. The box read has whole voxels, so
            its size is exact to half a stored voxel.
        labelled: read the column ``class`` (1 nodule, 0 not); else no sample has a ``label``.
        imbalance_ratio: positives for each negative of a fixed subset; needs ``num_samples``.
        num_samples: candidates in that subset.
        resampling: ``mean`` lets an epoch hold all positives and as many negatives, drawn anew in
            each epoch; ``none`` every candidate.
        seed: run seed.
        subset_seed: of the subset; None takes ``seed``.
        repeat_positives: let the subset hold positives repeatedly where there are too few.
        pad_hu: value beyond the scan where it is smaller than the crop.

    Raises:
        UserError: a bad argument, a table that cannot be read, a candidate outside of its scan, or
            no candidate of a class that is needed.
    """

    def __init__(
        self,
        data: Sequence[Mapping[str, Any]],
        candidates: str | Path,
        crop_size: Sequence[int] = (48, 48, 48),
        isotropic_mm: float | None = None,
        labelled: bool = True,
        imbalance_ratio: float | None = None,
        num_samples: int | None = None,
        resampling: str = "none",
        seed: int = 0,
        subset_seed: int | None = None,
        repeat_positives: bool = True,
        pad_hu: int = AIR_HU,
    ) -> None:
        self.data = [dict(item) for item in data]
        self.crop_size, self.seed = padded_crop_size(crop_size, self.data), seed
        self.pad_hu = pad_hu
        self.isotropic_mm, self.labelled = check_isotropic(isotropic_mm), labelled
        path = find_table(candidates, self.data)
        self.marks = read_candidates(path, [str(item["id"]) for item in self.data], labelled)
        if (imbalance_ratio is None) != (num_samples is None):
            raise UserError("imbalance_ratio, num_samples: expected both or neither")
        if imbalance_ratio is not None and num_samples is not None:
            of = seed if subset_seed is None else subset_seed
            wanted = imbalance_ratio, num_samples, of, repeat_positives
            subset = fixed_subset(self._labels(), *wanted)
            self.marks = self.marks.take(subset)
        if resampling not in RESAMPLING:
            raise UserError(f"resampling: {resampling!r}, expected {' or '.join(RESAMPLING)}")
        if resampling == "mean" and len(np.unique(self._labels())) < 2:
            raise UserError(f"resampling: mean, but {path} has one class only in these scans")
        self.resampling = resampling
        scan_of = {str(item["id"]): number for number, item in enumerate(self.data)}
        self._scan = np.array([scan_of[name] for name in self.marks.series])
        self._voxel = _voxels(path, self.marks, self._scan, self.data)

    def __len__(self) -> int:
        return len(self.marks)

    def indices(self, epoch: int) -> Rows:
        """The candidates that an epoch of training visits, each epoch the same number."""
        if self.resampling == "mean":
            return balanced_epoch(self.marks.values, self.seed, epoch)
        return np.arange(len(self))

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """Return the crop around one candidate.

        Args:
            key: ``(epoch, index)``, or an index of epoch 0.

        Returns:
            ``image`` int16 HU ``(1, X, Y, Z)``, ``label`` float32 ``(1,)`` 1 for a nodule and 0
            for none, ``seed`` of the sample, ``case`` (id of the scan), ``candidate`` (line of the
            table, the header being 1) and ``world_mm`` ``(3,)`` float64, LPS.
        """
        epoch, index = split_key(key, len(self))
        item = self.data[self._scan[index]]
        options = self.crop_size, self.isotropic_mm, self.pad_hu
        crop = cut_candidate(open_item(item), self._voxel[index], *options)
        sample = {
            "image": torch.from_numpy(crop[None]),
            "seed": fold(self.seed, epoch, index),
            "case": str(item["id"]),
            "candidate": int(self.marks.lines[index]),
            "world_mm": torch.from_numpy(self.marks.world_mm[index]),
        }
        if self.labelled:
            sample["label"] = torch.tensor([self.marks.values[index]], dtype=torch.float32)
        return sample

    def _labels(self) -> NDArray[np.float64]:
        if not self.labelled:
            raise UserError("labelled: false, expected true with num_samples or resampling")
        return self.marks.values


def _voxels(
    path: Path, marks: Marks, scan: Rows, data: Sequence[Mapping[str, Any]]
) -> NDArray[np.float64]:
    """Positions as fractional voxels ``(n, 3)`` of the stored volumes, each inside its scan."""
    voxels = np.empty_like(marks.world_mm)
    order = np.argsort(scan, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(scan[order])) + 1):
        shape, affine = grid_of(data[scan[rows[0]]])
        voxels[rows] = voxels_of(marks.world_mm[rows], affine)
        where = f"{path}: candidates of {marks.series[rows[0]]}"
        geometry = shape, spacing_of(affine)
        check_inside(voxels[rows], *geometry, marks.world_mm[rows], where, marks.lines[rows])
    return voxels


def voxels_of(world_mm: NDArray[np.float64], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """LPS mm ``(N, 3)`` as fractional voxels of a grid with this affine to RAS mm."""
    inverse = np.linalg.inv(affine)
    return np.asarray((world_mm * _RAS_FROM_LPS) @ inverse[:3, :3].T + inverse[:3, 3])


def check_inside(
    voxels: NDArray[np.float64],
    shape: Sequence[int],
    spacing_mm: Sequence[float] | NDArray[np.floating[Any]],
    world_mm: NDArray[np.float64],
    where: str,
    lines: Rows | None = None,
) -> None:
    """Refuse positions outside of a scan of ``shape`` voxels.

    Args:
        voxels: ``(n, 3)`` fractional voxels.
        shape: of the scan.
        spacing_mm: of the scan.
        world_mm: ``(n, 3)``, the same positions in LPS mm, for the message.
        where: begins the message.
        lines: of the table they stand in, for the message.

    Raises:
        UserError: one of them is outside.
    """
    slack = _BEYOND_MM / np.asarray(spacing_mm)
    outside = ((voxels < -slack) | (voxels > np.subtract(shape, 1) + slack)).any(axis=1)
    if outside.any():
        row = int(outside.argmax())
        line = "" if lines is None else f"line {lines[row]}, "
        raise UserError(
            f"{where}: {line}{world_mm[row].round(2).tolist()} LPS mm is outside of the scan "
            f"(voxel {voxels[row].round(1).tolist()} of {list(shape)}); mend or remove it"
        )
