"""From the outlines of several radiologists to the voxels of a nodule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from skimage.draw import polygon

from .contours import Annotation, Contour

MOST_READERS = 4
_SHRINK = 0.9
_SMALLEST_MM = 0.1

Points = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Voxel grid of a scan: columns, rows, slices, and the affine to RAS mm."""

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Voxel size along columns, rows and slices."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    def slice_at(self, z_mm: float) -> int:
        """The slice nearest to a z of DICOM's ImagePositionPatient, whichever end is stored first.

        The third column of the affine says how far one slice lies above the one before; it is
        negative where the scan is stored from head to feet. The number may lie outside the scan.
        """
        return int(np.rint((z_mm - self.affine[2, 3]) / self.affine[2, 2]))


@dataclass(frozen=True)
class Nodule:
    """A nodule as its readers agree on it: how many they are, and ``(n, 3)`` voxels i, j, k."""

    readers: int
    voxels: Points


def group_annotations(
    annotations: Sequence[Annotation], spacing_mm: Sequence[float]
) -> list[list[Annotation]]:
    """Put together the annotations that mean the same nodule.

    LIDC-IDRI does not say which do. As in the pylidc package (Hancock and Magnan, J. Med. Imaging
    3(4), 2016), two annotations belong together where their outlines come closer than a tolerance,
    and so do those they share a neighbour with. The tolerance starts at the distance of two slices
    and shrinks by a tenth until no group has more annotations than there are readers, four.

    Args:
        annotations: of one scan.
        spacing_mm: of its columns, rows and slices.

    Returns:
        The groups; every annotation is in one.
    """
    distances = _distances(annotations, spacing_mm)
    tolerance = float(spacing_mm[2])
    while True:
        _, numbers = connected_components(distances <= tolerance, directed=False)
        tolerance *= _SHRINK
        if not len(numbers) or max(np.bincount(numbers)) <= MOST_READERS:
            break
        if tolerance < _SMALLEST_MM:
            break
    groups: dict[int, list[Annotation]] = {}
    for number, annotation in zip(numbers.tolist(), annotations, strict=True):
        groups.setdefault(number, []).append(annotation)
    return list(groups.values())


def agree(group: Sequence[Annotation], grid: Grid) -> Nodule:
    """The voxels that half of the annotations or more contain, those outside the scan left out."""
    low, high = _box(group, grid)
    votes = np.zeros(high - low + 1, dtype=np.int64)
    for annotation in group:
        votes += _fill(annotation, grid, low, votes.shape)
    voxels = np.argwhere(2 * votes >= len(group)) + low
    inside = ((voxels >= 0) & (voxels < grid.shape)).all(axis=1)
    return Nodule(len(group), voxels[inside])


def find_nodules(groups: Sequence[Sequence[Annotation]], grid: Grid) -> list[Nodule]:
    """The nodules of these groups that have voxels, from the first slice on."""
    nodules = [nodule for nodule in (agree(group, grid) for group in groups) if len(nodule.voxels)]
    return sorted(nodules, key=lambda nodule: nodule.voxels[:, ::-1].min(axis=0).tolist())


def paint(nodules: Sequence[Nodule], grid: Grid) -> NDArray[np.uint8]:
    """The label map of a scan: 0, or the number of the nodule from 1 on; the later lies on top."""
    label = np.zeros(grid.shape, dtype=np.uint8)
    for number, nodule in enumerate(nodules, start=1):
        label[tuple(nodule.voxels.T)] = number
    return label


def interior(points: Points, low: Points, shape: Sequence[int]) -> NDArray[np.bool_]:
    """What an outline encloses, its own pixels left out.

    Args:
        points: ``(n, 2)`` pixels of the outline.
        low: ``(2,)`` pixel that is the first of the result.
        shape: of the result; the outline lies in it.
    """
    inside = np.zeros(tuple(shape), dtype=bool)
    columns, rows = (points - low).T
    inside[polygon(columns, rows, inside.shape)] = True
    inside[columns, rows] = False
    return inside


def _fill(
    annotation: Annotation, grid: Grid, low: Points, shape: Sequence[int]
) -> NDArray[np.bool_]:
    """Voxels of one annotation in a box: what it encloses less what it excludes."""
    filled = np.zeros(tuple(shape), dtype=bool)
    for contour in sorted(annotation, key=lambda contour: not contour.inclusion):
        inside = interior(contour.points, low[:2], shape[:2])
        filled[inside, grid.slice_at(contour.z_mm) - low[2]] = contour.inclusion
    return filled


def _box(group: Sequence[Annotation], grid: Grid) -> tuple[Points, Points]:
    """First and last voxel i, j, k of all outlines."""
    corners = np.stack([_corners(contour, grid) for annotation in group for contour in annotation])
    return corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)


def _corners(contour: Contour, grid: Grid) -> Points:
    number = grid.slice_at(contour.z_mm)
    low, high = contour.points.min(axis=0), contour.points.max(axis=0)
    return np.array([[*low, number], [*high, number]], dtype=np.int64)


def _distances(
    annotations: Sequence[Annotation], spacing_mm: Sequence[float]
) -> NDArray[np.float64]:
    """Smallest distances between the points of any two annotations in mm, ``(n, n)``."""
    clouds = [_cloud(annotation, spacing_mm) for annotation in annotations]
    trees = [KDTree(cloud) for cloud in clouds]
    distances = np.zeros((len(trees), len(trees)))
    for i, tree in enumerate(trees):
        for j, cloud in enumerate(clouds[:i]):
            distances[i, j] = distances[j, i] = np.min(tree.query(cloud)[0])
    return distances


def _cloud(annotation: Annotation, spacing_mm: Sequence[float]) -> NDArray[np.float64]:
    parts = [
        np.column_stack(
            [contour.points * spacing_mm[:2], np.full(len(contour.points), contour.z_mm)]
        )
        for contour in annotation
    ]
    return np.concatenate(parts)
