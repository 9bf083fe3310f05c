"""Raw scans for inference: which there are, what their results are called, a bad one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from monai.data import Dataset

from ..errors import UserError, one_line
from ..paths import legible
from .channel_files import Grouped, group_channels, name_by_case
from .channel_globs import read_globs
from .raw_globs import each_named, matching, named_cases
from .readers import ACCEPTED, Source, find_sources, source_of
from .scan_names import NAME, name_of, output_names, table_names

# Keys of what stands for an item that could not be used.
BROKEN, REASON = "broken", "reason"


def find_images(
    folder: str | Path,
    channels: int = 1,
    images: str | None = None,
    names: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """List the raw scans below ``folder`` for inference.

    Args:
        folder: searched recursively; or one file, or one DICOM series ``folder#UID``.
        channels: how many a network sees. Several are nnU-Net's files ``<case>_0000`` and so on,
            or the volumes of a four-dimensional NIfTI. Where one is seen and every file is named
            ``<case>_0000``, results are called by the case.
        images: glob pattern of the scans below ``folder``, or a named one for each channel as
            ``medssl prepare images`` takes them: ``flair=*/flair.nii.gz,t1=*/t1.nii.gz``. Results
            of named ones are called by the case. None takes every scan.
        names: of the channels that the model sees; None where nobody knows.

    Returns:
        For each its ``image`` as ``source_of`` takes it: a file, or ``folder#UID`` for a DICOM
        series, a list of these where there are several channels; the ``name`` of its results, which
        may hold ``/`` and differs from scan to scan; by which names tables mean it, see
        :func:`~.scan_names.table_names`; and of a case that cannot be used the ``reason``.

    Raises:
        UserError: nothing there, no scan of so many channels, or patterns of other channels or
            that are no text.
    """
    path = Path(folder).absolute()
    if globs := read_globs("" if images is None else images):
        cases = named_cases(path, globs, channels, names)
    else:
        cases = _cases(_sources(path, images), channels)
    paths = [_image(case) for case in cases]
    if all(case.reason for case in cases):
        others = channels > 1 and not globs
        form = f"; files of other names: --images '{each_named(channels, names)}'" if others else ""
        raise UserError(f"{paths[0]}: {cases[0].reason}{form}")
    sources = [case.source for case in cases]
    results = output_names(sources)
    called = table_names(sources, results)
    return [
        {"image": image, NAME: name, **known, **({REASON: case.reason} if case.reason else {})}
        for image, name, known, case in zip(paths, results, called, cases, strict=True)
    ]


def _sources(path: Path, pattern: str | None) -> list[Source]:
    """The scans there, or the one file or series ``folder#UID``; those that fit the pattern.

    Raises:
        UserError: none, or no series of that UID.
    """
    if pattern is not None:
        return matching(path, pattern)
    if path.is_file():
        alone = source_of(path)
        return [replace(alone, name=alone.path.name)]
    if not path.exists() and (path.is_symlink() or "#" in path.name):
        return [replace(source_of(path), name=path.name)]  # as it is called among its folder's
    sources = find_sources(path) if path.is_dir() else []
    if not sources:
        raise UserError(f"{path}: no scan in it; expected {ACCEPTED}")
    return sources


def _cases(sources: Sequence[Source], channels: int) -> list[Grouped]:
    if channels > 1:
        return group_channels(sources, channels)
    return [Grouped(source, (source.place,)) for source in name_by_case(sources)]


def _image(case: Grouped) -> str | list[str]:
    """Its path, or one for each channel; of a case that cannot be used the one that is there."""
    if len(case.paths) > 1:
        return list(case.paths)
    return case.paths[0] if case.paths else case.source.place


class RawScans(Dataset):
    """MONAI's ``Dataset`` for scans of which some may be bad.

    One that cannot be read or transformed comes as ``{"broken": name, "reason": line}``, from a
    worker process too; :class:`~medssl.engines.ScanEvaluator` names it and goes on.

    Args:
        data: items as :func:`find_images` gives them.
        transform: applied to each.
    """

    def _transform(self, index: int) -> Any:
        if reason := self.data[index].get(REASON):
            item = self.data[index]
            return {BROKEN: str(item[NAME]), REASON: f"{item['image']}: {reason}"}
        try:
            return super()._transform(index)
        except Exception as error:  # whatever a scan provokes, the others are to be done
            item = self.data[index]
            image = item["image"]
            line, path = one_line(error), str(image[0] if isinstance(image, list) else image)
            return {
                BROKEN: str(item.get(NAME) or name_of(path)),
                REASON: legible(line if path in line else f"{path}: {line}"),
            }
