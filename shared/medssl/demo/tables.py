"""The report's tables, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..analysis.health.beside import ANSWERS, beside
from .effect import Effect

FIGURES = {"mse": "error (MSE)", "psnr": "PSNR, dB", "ssim": "SSIM"}
SCOPES = {"": "", "corrupted_": ", corrupted voxels"}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls sideways where the page is narrow."""
    titles = "".join(f"<th>{cell}</th>" for cell in head)
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class=wide><table><tr>{titles}</tr>{body}</table></div>"


def effect_table(effect: Effect) -> str:
    """Dice of both arms and their difference."""
    labels = {
        "with the pretrained encoder and decoder": effect.dice["pretrained"],
        "from scratch": effect.dice["scratch"],
        "difference, paired by nodule": effect.difference,
    }
    rows = [
        (name, f"{value.mean:.3f}", f"{value.low:.3f} to {value.high:.3f}")
        for name, value in labels.items()
    ]
    return _table(("fine-tuning", "mean dice", "95 % interval"), rows)


def answers_table(metrics: Mapping[str, float]) -> str:
    """The network's held-out figures above those of the answers that need no learning."""
    found = {row.figure: row for row in beside(metrics)}
    shown = {
        f"{scope}{figure}": f"{title}{where}"
        for scope, where in SCOPES.items()
        for figure, title in FIGURES.items()
        if f"{scope}{figure}" in found
    }
    names = [name for name in ANSWERS if any(name in found[key].answers for key in shown)]
    rows = [("the network", *(_number(found[key].ours) for key in shown))]
    rows += [
        (ANSWERS[name], *(_number(found[key].answers.get(name)) for key in shown)) for name in names
    ]
    return _table(("answer", *shown.values()), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
