"""``medssl analyse``: looking into weights and runs, one question at a time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..files import write_json


class Analyse:
    """Questions on weights and runs; answers go to the screen and, with --json, to a file."""

    def cka(
        self,
        first: str,
        second: str,
        data: str,
        bundle: str,
        split: str = "test",
        transfer_from: str = "online",
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Say how far an encoder's features have moved, level by level (linear CKA, unbiased).

        Args:
            first: weights, such as pretrained ones: bundle folder, model.pt, zip or checkpoint.
            second: weights to compare with, such as those fine-tuned from them.
            data: prepared folder of the task, with labels.
            bundle: folder of the task's bundle, whose crops are looked at.
            split: the crops' split.
            transfer_from: online, or target for the first one's moving-average network.
            json: file to write the figures to as well.
            picture: file for a heat map of all levels, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from ..analysis.cka import draw_cka, encoder_cka

        found = encoder_cka(first, second, data, bundle, split, transfer_from, options)
        print(found)
        _keep(asdict(found), json)
        if picture is not None:
            draw_cka(found, Path(picture))


def _keep(content: Any, path: str | None) -> None:
    if path is not None:
        write_json(Path(path), content)
