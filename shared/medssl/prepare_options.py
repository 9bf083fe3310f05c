"""The options of ``medssl prepare``, with the defaults of the functions that carry them out."""

from __future__ import annotations

from .command_line import Option

_Spacing = float | tuple[float, ...] | str
_SHARES = (0.7, 0.1, 0.2)

COMMON = {
    "spacing": Option(_Spacing, 1.0, "voxel size in mm, one number or three (x,y,z), or native."),
    "workers": Option(
        int | None, None, "processes, at most; by default one for each core, 8 at most."
    ),
    "skip_broken": Option(bool, False, "leave out unusable scans and list them in the manifest."),
    "fractions": Option(
        tuple[float, ...], _SHARES, "shares of training, validation and test, where drawn."
    ),
    "folds": Option(int | None, None, "also write this many leave-some-out folds."),
    "hu_clip": Option(
        tuple[float, ...] | None, None, "lowest and highest stored value, such as -1000,1000."
    ),
    "antialias": Option(bool, True, "blur along axes that become coarser."),
    "seed": Option(int, 0, "of the split."),
    "shard": Option(str | None, None, "one of many processes does 3/40, one at the end merge/40."),
}
PATIENTS = {
    "patients": Option(
        str | None, None, "CSV file with the columns id,patient; see docs/how-to/prepare.md."
    ),
}
_TABLE = Option(
    str | None, None, "CSV file of classes with the columns case,label and, of regions, x,y,z."
)
_INTENSITY = Option(str | None, None, "hu, percentile or zscore; by default as modality needs it.")
IMAGES = {
    "images": Option(
        str | None, None, "glob pattern; one for each channel is t1=PATTERN,t2=PATTERN."
    ),
    "labels": Option(str | None, None, "glob pattern of the label maps."),
    "class_names": Option(str | None, None, "of the labels' values, such as liver=1,spleen=2."),
    "channels": Option(str | None, None, "names of the volumes of four-dimensional files."),
    "modality": Option(str, "ct", "ct, mr or other."),
    "intensity": _INTENSITY,
    "table": _TABLE,
    "licence": Option(str, "not stated", "of the scans; weights trained on them carry it."),
}
LISTED = {
    "modality": Option(str | None, None, "ct, mr or other; by default as dataset.json says."),
    "intensity": _INTENSITY,
    "table": _TABLE,
}
SPLITS = {"splits": Option(str | None, None, "splits_final.json of nnU-Net.")}
SPLIT = {"split": Option(str, "paper", "paper, or patients, where it is drawn.")}
DOWNLOAD = {"download": Option(bool, False, "first fetch the data set, unless it is there.")}
LIDC = {
    "split": Option(str, "luna16", "luna16, patients or paper."),
    "luna16": Option(
        str | None, None, "LUNA16 prepared, or its folder, or a CSV table seriesuid,subset."
    ),
    "min_readers": Option(int, 3, "radiologists who must have outlined a nodule."),
    "allow_overlap": Option(bool, False, "needed for the paper's split, which LUNA16 overlaps."),
}
PHANTOM = {
    "scans": Option(int, 20, "how many."),
    "seed": Option(int, 0, "draws all of them."),
    "spacing": Option(
        float | tuple[float, ...] | None, None, "mm, one number or three; by default drawn."
    ),
    "workers": Option(int | None, None, "processes; by default one for each core."),
    "negatives_per_scan": Option(int, 100, "false candidates of each chest."),
    "kind": Option(str, "chest", "chest, abdomen, organs_ct, organs_mr or organs_mr4."),
}
