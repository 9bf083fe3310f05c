"""Prepared copies of raw image and label pairs, for tools that hand over file names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import remove_stale, sha256_of
from ..store.contract import HU, SCAN, check_antialias, check_clip, check_intensity, check_spacing
from ..store.joined import join_items
from ..store.manifest import HASHES, label_values
from ..store.volume_file import LABELS, SUFFIX, VOLUMES
from .case_channels import check_names, each_channel, with_volumes
from .cases import prepare_cases
from .channel_grids import keep_whole_cases
from .intensity import MODALITIES, says_mr
from .pairing import Case
from .plausible import SEVERAL_VOLUMES
from .readers import source_of
from .records import Settings
from .scan_names import name_of, short_hash, told_apart

Item = dict[str, Any]


def ensure_prepared(
    data: Sequence[Mapping[str, Any]],
    cache_dir: str | Path | None,
    spacing: float | Sequence[float] | str = 1.0,
    clip: Sequence[float] | None = None,
    intensity: str = HU,
    channels: Sequence[str] | None = None,
    antialias: bool = True,
) -> list[Item]:
    """The items as they are where they name prepared volumes, else as prepared copies.

    Args:
        data: items of a prepared folder or raw pairs, see :func:`prepare_pairs`.
        cache_dir: folder of the copies.
        spacing: voxel size of the copies in mm, or ``native``.
        clip: lowest and highest stored value that the copies keep; None keeps all.
        intensity: rule for the values, see :mod:`~.intensity`.
        channels: names; None for one without.
        antialias: blur along axes that become coarser.
    """
    items = [dict(item) for item in data]
    raw = [item for item in items if not str(item["image"]).endswith(SUFFIX)]
    copies = iter(
        prepare_pairs(raw, cache_dir, spacing, clip, intensity, channels, antialias) if raw else []
    )
    return [item if str(item["image"]).endswith(SUFFIX) else next(copies) for item in items]


def prepare_pairs(
    pairs: Sequence[Mapping[str, Any]],
    cache_dir: str | Path | None,
    spacing: float | Sequence[float] | str = 1.0,
    clip: Sequence[float] | None = None,
    intensity: str = HU,
    channels: Sequence[str] | None = None,
    antialias: bool = True,
) -> list[Item]:
    """Prepare raw pairs into ``cache_dir`` once; files are known by content, not by name.

    Args:
        pairs: items with the paths ``image`` and ``label``; further keys are kept. Of several
            channels ``image`` is a four-dimensional NIfTI, or a list of files.
        cache_dir: folder of the copies.
        spacing: voxel size in mm, one number or three, or ``native``.
        clip: lowest and highest stored value that the copies keep; None keeps all.
        intensity: rule for the values, see :mod:`~.intensity`.
        channels: names; None for one without.
        antialias: blur along axes that become coarser.

    Returns:
        One item for each pair, as :func:`~medssl.store.load_datalist` gives them; several channels
        are joined, see :mod:`medssl.store.joined`.

    Raises:
        UserError: no ``cache_dir``, no ``label``, another number of channels, or a file that cannot
            be used.
    """
    if cache_dir is None:
        raise UserError(
            f"cache_dir: needed to prepare raw scans such as {_first(pairs[0])}; give a folder, "
            "or run `medssl prepare images` first"
        )
    folder, settings = (
        Path(cache_dir).absolute(),
        _settings(spacing, clip, intensity, channels, antialias),
    )
    remove_stale(folder / VOLUMES, folder / LABELS)
    cases = [_case(pair, settings) for pair in pairs]
    unique = {one.id: one for one in each_channel(list({case.id: case for case in cases}.values()))}
    outcomes = list(prepare_cases(list(unique.values()), folder, settings))
    outcome_of = {outcome.case: outcome for outcome in keep_whole_cases(unique, outcomes)}
    prepared = []
    for pair, case, name in zip(pairs, cases, _ids(pairs), strict=True):
        found = [outcome_of[one.id] for one in each_channel([case])]
        if bad := next((outcome for outcome in found if outcome.record is None), None):
            raise UserError(f"{_first(pair)}: {bad.reason}; {_mend(bad.reason, settings)}")
        items = [_stored(outcome.case, outcome.record or {}, folder) for outcome in found]
        scan = {SCAN: settings.contract.as_dict()}
        prepared.append({**pair, "id": name, **join_items(items), **scan})
    return prepared


def _settings(
    spacing: float | Sequence[float] | str,
    clip: Sequence[float] | None,
    intensity: str,
    channels: Sequence[str] | None,
    antialias: bool,
) -> Settings:
    rule = check_intensity(intensity)
    kind = MODALITIES["ct" if rule == HU else "other"]
    names = kind.channels if channels is None else check_names(channels, "channels")
    limits = check_spacing(spacing), check_clip(clip, "clip")
    return Settings(
        *limits, rule, names, check_antialias(antialias, "raw_antialias"), of_mr=says_mr(names)
    )


def _case(pair: Mapping[str, Any], settings: Settings) -> Case:
    """The pair as a case that is known by the content of its files.

    Raises:
        UserError: no label, or another number of channels.
    """
    if "label" not in pair:
        raise UserError(f"{_first(pair)}: no label given; name its label map as `label`")
    images = pair["image"] if isinstance(pair["image"], list | tuple) else [pair["image"]]
    *sources, label = [source_of(Path(path)) for path in (*images, pair["label"])]
    digest = hashlib.sha256(repr(settings).encode())
    for path in (path for source in (*sources, label) for path in source.files):
        digest.update(sha256_of(path).encode())
    fits = len(sources) == len(settings.channels) > 1
    names = settings.channels if fits else ["image"] * len(sources)
    channels = tuple(replace(source, name=n) for source, n in zip(sources, names, strict=True))
    case = Case(digest.hexdigest()[:24], channels[0], replace(label, name="label"))
    if len(channels) == 1:
        case = with_volumes(case, settings.channels)
    elif fits:
        case = replace(case, channels=channels)
    else:
        case = replace(case, fault=f"{len(channels)} channels")
    if case.fault:
        raise UserError(f"{_first(pair)}: {case.fault}; {_mend(case.fault, settings)}")
    return case


def _mend(reason: str, settings: Settings) -> str:
    if len(settings.channels) == 1 and (SEVERAL_VOLUMES in reason or reason.endswith("channels")):
        return "name the channels, in training with --raw_channels \"['t1','t2']\""
    return "replace or remove it"


def _first(pair: Mapping[str, Any]) -> str:
    """The path of the image, or of its first channel."""
    image = pair["image"]
    return str(image[0] if isinstance(image, list | tuple) else image)


def _ids(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids given, else the images' file names; folder and hash tell those of one name apart."""
    paths = [Path(_first(pair)) for pair in pairs]
    names = told_apart(
        [name_of(path) for path in paths], [f"_{path.parent.name}" for path in paths]
    )
    names = told_apart(names, ["_" + short_hash(str(sorted(pair.items()))) for pair in pairs])
    return [str(pair.get("id", name)) for pair, name in zip(pairs, names, strict=True)]


def _stored(name: str, record: Mapping[str, Any], folder: Path) -> Item:
    keys = ("shape", "spacing_mm", "native_spacing_mm", "scan_sha256", *HASHES, "objects")
    item = {
        "image": str(folder / VOLUMES / f"{name}{SUFFIX}"),
        **{key: record[key] for key in keys if key in record},
    }
    if "label_source" not in record:  # a channel that is not the first
        return item
    label = str(folder / LABELS / f"{name}{SUFFIX}")
    return {**item, "label": label, "label_values": label_values(record)}
