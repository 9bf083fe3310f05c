"""Commands of ``medssl analyse`` on weights."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from .answers import keep, read_options, refuse_others


class AnalyseWeights:
    """What weights look at, restore, and how far they have moved."""

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
        refuse_others(json, picture)
        from ..analysis.cka import draw_cka, encoder_cka

        found = encoder_cka(first, second, data, bundle, split, transfer_from, options)
        print(found)
        keep(asdict(found), json)
        if picture is not None:
            draw_cka(found, Path(picture))

    def gradcam(
        self,
        *models: str,
        data: str,
        bundle: str,
        split: str = "test",
        layer: str = "encoder.blocks.3",
        count: int = 6,
        class_index: int | None = None,
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Show where trained models look (Grad-CAM), on the same objects or nodules.

        Args:
            models: trained with the bundle: model.pt files or folders of runs.
            data: prepared folder of the task, with labels.
            bundle: folder of the task's bundle.
            split: the crops' split.
            layer: of the network.
            count: crops to show.
            class_index: whose score; by default the only one, or each crop's highest.
            json: file for the share of each map in the middle of the crop, where the object is.
            picture: file for the maps, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        refuse_others(json, picture)
        from ..analysis.gradcam import draw_attention, show_attention

        given = split, layer, count, class_index
        found = show_attention(models, data, bundle, *given, read_options(options))
        print(found)
        keep(found.record(), json)
        if picture is not None:
            draw_attention(found, Path(picture))

    def restored(
        self,
        *models: str,
        data: str,
        bundle: str,
        split: str = "test",
        count: int = 4,
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Show what pretrained networks make of the same corrupted crops.

        Args:
            models: NAME=MODEL each, such as skip=runs/mg plain=runs/mg_no_skip.
            data: prepared folder.
            bundle: pretrain_models_genesis or pretrain_autoencoder.
            split: the crops' split.
            count: crops, spread over the split.
            json: file for the errors.
            picture: file for the crops, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--crop_size "[48,48,48]").
        """
        refuse_others(json, picture)
        from ..analysis.restored import draw_restored, restore_with

        found = restore_with(models, data, bundle, split, count, read_options(options))
        print(found)
        keep(found.record(), json)
        if picture is not None:
            draw_restored(found, Path(picture))
