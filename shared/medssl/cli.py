"""The ``medssl`` command."""

from __future__ import annotations

import difflib
import inspect
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import fire

from .errors import DEBUG, UserError, one_line


def check_options(function: Callable[..., object], options: Mapping[str, Any]) -> None:
    """Raise ``UserError`` for an option that ``function`` does not take."""
    known = [name.replace("_", "-") for name in list(inspect.signature(function).parameters)]
    for name in options:
        if name.replace("_", "-") not in known:
            close = difflib.get_close_matches(name.replace("_", "-"), known, n=1)
            hint = f"did you mean --{close[0]}?" if close else f"expected one of {', '.join(known)}"
            raise UserError(f"--{name.replace('_', '-')}: no such option; {hint}")


class Prepare:
    """Turn scans into a prepared folder (volume store, manifest, data list)."""

    def images(self, source: str, output: str, **options: Any) -> None:
        """Any folder of NIfTI, MetaImage, NRRD or DICOM; see docs/how-to/prepare.md.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: images, labels (glob patterns), spacing (mm, or native), workers,
                skip_broken, fractions, patients, hu_clip, seed.
        """
        from .data import prepare_images

        check_options(prepare_images, options)
        prepare_images(Path(source), Path(output), **options)

    def phantom(self, output: str, **options: Any) -> None:
        """Synthetic chest CT in LUNA16's own layout, for trying things out.

        Args:
            output: folder to write.
            options: scans, seed, spacing (mm), workers.
        """
        from .data.phantom import prepare_phantom

        check_options(prepare_phantom, options)
        prepare_phantom(Path(output), **options)


class Commands:
    """Self-supervised learning for 3D medical images."""

    def __init__(self) -> None:
        self.prepare = Prepare()

    def demo(self, output: str = "runs/demo", data: str | None = None) -> None:
        """Pretrain, hand over, fine-tune, compare with training from scratch, and report.

        Args:
            output: folder of the demo; report.html is written there.
            data: folder of your own scans, used as unlabelled data for pretraining.
        """
        from .demo import run_demo

        run_demo(Path(output), None if data is None else Path(data))

    def transfer(self, source: str, base_channels: int = 32, parts: str = "auto") -> None:
        """Say what of a pretrained weight file fits the 3D U-Net, without training anything.

        Args:
            source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
            base_channels: width of the network it should fit.
            parts: auto, encoder or decoder.
        """
        from .networks import UNet3D
        from .transfer import transfer

        print(transfer(source, UNet3D(base_channels=base_channels), parts).summary())


def main() -> None:
    """Entry point: bad input ends in one line and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        fire.Fire(Commands(), name="medssl")
    except UserError as error:
        if os.environ.get(DEBUG):
            raise
        sys.exit(f"medssl: {one_line(error)}")


if __name__ == "__main__":
    main()
