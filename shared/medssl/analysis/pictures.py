"""Figures on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..files import write_atomically

FORMATS = (".png", ".svg", ".pdf")
_DATES = {".svg": ("Date",), ".pdf": ("CreationDate",)}  # what matplotlib adds


def new_figure(columns: int, rows: int = 1, width: float = 3.0, height: float = 3.1) -> Any:
    """A matplotlib figure without a screen, and its axes ``[rows, columns]``; sizes in inches.

    Raises:
        UserError: matplotlib is not there.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise UserError("pictures need matplotlib: pip install 'medssl[figures]'") from error
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    size = (width * columns, height * rows)
    return plt.subplots(rows, columns, figsize=size, squeeze=False)


def check_name(path: Path) -> None:
    """Refuse a name that is none of a picture.

    Raises:
        UserError: a format other than png, svg or pdf, or a folder.
    """
    if path.suffix not in FORMATS:
        raise UserError(f"{path}: expected a picture's name, {', '.join(FORMATS)}")
    if path.is_dir():
        raise UserError(f"{path}: a folder, expected a picture to write; give another name")


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure and close it; the same figure gives the same bytes.

    Raises:
        UserError: see :func:`check_name`.
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    try:
        check_name(path)
        how = {"format": path.suffix[1:], "dpi": 110, "bbox_inches": "tight"}
        undated = dict.fromkeys(_DATES.get(path.suffix, ()))
        with mpl.rc_context({"svg.hashsalt": "medssl"}):  # of the names in an SVG, else drawn
            write_atomically(path, lambda part: figure.savefig(part, metadata=undated, **how))
    finally:
        plt.close(figure)


def middle_slice(volume: Tensor) -> Any:
    """Middle axial slice of ``(X, Y, Z)``, front of the body up, patient's right on the left."""
    return axial(volume, volume.shape[-1] // 2)


def axial(volume: Tensor, depth: int) -> Any:
    """An axial slice of ``(X, Y, Z)`` in RAS, front of the body up, patient's right on the left."""
    return volume[..., depth].T.flip(0, 1).cpu().numpy()
