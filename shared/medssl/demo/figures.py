"""The report's pictures, as PNG bytes for embedding."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..analysis.pictures import new_figure
from ..analysis.restored import figure_of, restore
from ..engines import apply_window
from ..networks import UNet3D
from ..pages import picture_url
from ..pretext import ModelsGenesisPretext

HU_WINDOW = (-1000.0, 1000.0)
COLOURS = {"pretrained": "#1b7f5c", "scratch": "#b5542c"}


def _embed(figure: Any) -> str:
    """Close a matplotlib figure and return it as an HTML image source."""
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)
    return picture_url(buffer.getvalue())


def restoration(network: UNet3D, batch: Mapping[str, Tensor], samples: int = 4) -> str:
    """Clean, corrupted and restored cubes side by side.

    Args:
        network: trained Models Genesis network.
        batch: crops ``image`` (B, 1, X, Y, Z) in HU and their ``seed``.
        samples: rows of the picture.
    """
    images = apply_window(batch["image"][:samples], HU_WINDOW)
    pair = ModelsGenesisPretext()(images, batch["seed"][:samples])
    return _embed(figure_of(restore({"restored": network}, *pair)))


def segmentation(image: Tensor, truth: Tensor, predictions: Mapping[str, Tensor]) -> str:
    """One nodule: the slice with the largest truth, its outline and each arm's prediction.

    Args:
        image: ``(X, Y, Z)`` HU.
        truth: ``(X, Y, Z)`` binary mask.
        predictions: mask of each arm.
    """
    depth = int(truth.sum((0, 1)).argmax())
    shown = apply_window(image[..., depth].float(), HU_WINDOW).T.flip(0, 1)
    figure, axes = new_figure(1 + len(predictions))
    panels: list[tuple[str, Tensor | None]] = [("scan", None), *predictions.items()]
    for axis, (name, mask) in zip(axes[0], panels, strict=True):
        axis.imshow(shown, cmap="gray", vmin=0, vmax=0.7)
        if mask is not None:
            axis.contour(truth[..., depth].T.flip(0, 1), [0.5], colors="#ffd23f", linewidths=1.2)
            axis.contour(
                mask[..., depth].float().T.flip(0, 1),
                [0.5],
                colors=COLOURS[name],
                linewidths=1.6,
            )
        axis.set_title(name, fontsize=9)
        axis.set_axis_off()
    return _embed(figure)


def curves(series: Mapping[str, Mapping[int, float]], ylabel: str) -> str:
    """Validation curves over epochs."""
    figure, axes = new_figure(1, width=6.5)
    axis = axes[0, 0]
    for name, points in series.items():
        axis.plot(
            list(points), list(points.values()), marker="o", label=name, color=COLOURS.get(name)
        )
    axis.set_xlabel("epoch")
    axis.set_ylabel(ylabel)
    axis.grid(alpha=0.3)
    axis.legend()
    return _embed(figure)
