"""Writing what a network makes of a raw scan, beside nothing of the same name."""

from __future__ import annotations

import gzip
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import SaveImaged
from numpy.typing import NDArray

from ..errors import UnwritableError, UserError
from ..files import gone, remove_stale, write_atomically
from .scan_names import NAME

_LEVEL = 1  # of gzip, as nibabel's own


class SaveScand(SaveImaged):
    """Write ``<output_dir>/<name>_<postfix>.nii.gz``, whole or not at all.

    Without a postfix it is ``<name>.nii.gz``, as nnU-Net's evaluation wants masks.

    The name is the one that :class:`~medssl.sources.LoadScand` left in the meta data. It is MONAI's
    ``SaveImaged`` by kind, since MONAI Label, which writes results itself, leaves that one out.

    Args:
        keys: of images ``(C, X, Y, Z)`` with their affine to RAS mm; one channel is written as
            three axes, several as the fourth.
        output_dir: folder of the results, made where it is missing.
        postfix: says what they are, such as ``seg``; may be empty.
        dtype: of the voxels in the file; a larger one where a label value needs it.

    Raises:
        UserError: a result would replace the scan that it is of; or the one before is gone, and
            with it the folder.
    """

    def __init__(
        self,
        keys: str,
        output_dir: str | Path,
        postfix: str,
        dtype: torch.dtype | str = torch.uint8,
    ) -> None:
        super().__init__(keys, output_dir=output_dir, output_postfix=postfix)
        self.folder, self.postfix = Path(output_dir), postfix
        self.dtype = np.dtype(str(dtype).removeprefix("torch."))
        self._before: Path | None = None
        self._cleared: set[Path] = set()

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        if self._before is not None and not self._before.is_file():
            raise UnwritableError(gone(self.folder))
        for key in self.key_iterator(data):
            image: MetaTensor = data[key]
            end = f"_{self.postfix}" if self.postfix else ""
            path = self.folder / f"{image.meta[NAME]}{end}.nii.gz"
            _spare_scan(path, image)
            if path.parent not in self._cleared:  # of what a killed process has left
                remove_stale(path.parent)
                self._cleared.add(path.parent)
            array = _cast(image.as_tensor().cpu().numpy(), self.dtype)
            _write(path, array, image.affine.cpu().numpy())
            self._before = path
            print(f"{path}", flush=True)
        return dict(data)


def _spare_scan(path: Path, image: MetaTensor) -> None:
    scan = Path(str(image.meta.get("filename_or_obj", "")))
    if path.exists() and scan.exists() and path.samefile(scan):
        raise UserError(f"{path}: the result would replace its scan; choose another --output_dir")


def _cast(array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The array in ``dtype``, or in the next larger one in which its whole numbers do not wrap."""
    if np.issubdtype(dtype, np.integer):
        dtype = np.promote_types(dtype, np.min_scalar_type(int(array.max(initial=0))))
    return array.astype(dtype)


def _write(path: Path, array: NDArray[Any], affine: NDArray[np.float64]) -> None:
    voxels = array[0] if len(array) == 1 else np.moveaxis(array, 0, -1)
    image = nib.Nifti1Image(np.ascontiguousarray(voxels), affine)
    image.header.set_xyzt_units("mm")
    payload = gzip.compress(image.to_bytes(), compresslevel=_LEVEL, mtime=0)
    write_atomically(path, lambda temporary: temporary.write_bytes(payload))
