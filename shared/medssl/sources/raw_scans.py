"""Raw scans for inference: which there are, what their results are called, a bad one alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from monai.data import Dataset

from ..errors import UserError, one_line
from .channel_files import group_channels, name_by_case
from .readers import ACCEPTED, find_sources, source_of
from .scan_names import NAME, name_of, output_names, table_names

# Keys of what stands for an item that could not be used.
BROKEN, REASON = "broken", "reason"


def find_images(folder: str | Path, channels: int = 1) -> list[dict[str, Any]]:
    """List the raw scans below ``folder`` (or the one file given) for inference.

    Args:
        folder: searched recursively.
        channels: how many a network sees. Several are nnU-Net's files ``<case>_0000`` and so on,
            or the volumes of a four-dimensional NIfTI. Where one is seen and every file is named
            ``<case>_0000``, results are called by the case.

    Returns:
        For each its ``image`` as ``source_of`` takes it: a file, or ``folder#UID`` for a DICOM
        series, a list of these where there are several channels; the ``name`` of its results, which
        may hold ``/`` and differs from scan to scan; by which names tables mean it, see
        :func:`~.scan_names.table_names`; and of a case that cannot be used the ``reason``.

    Raises:
        UserError: nothing there, or no scan of so many channels.
    """
    path = Path(folder).absolute()
    if path.is_file():
        alone = source_of(path)
        sources = [replace(alone, name=alone.path.name)]
    else:
        sources = find_sources(path) if path.is_dir() else []
    if not sources:
        raise UserError(f"{folder}: no scan in it; expected {ACCEPTED}")
    paths: list[Any] = [f"{source.path}#{source.series}".rstrip("#") for source in sources]
    reasons = [""] * len(sources)
    if channels > 1:
        cases = group_channels(sources, channels)
        sources = [case.source for case in cases]
        paths = [list(case.paths) or str(case.source.path) for case in cases]
        reasons = [case.reason for case in cases]
        if all(reasons):
            raise UserError(f"{paths[0]}: {reasons[0]}")
    else:
        sources = name_by_case(sources)
    results = output_names(sources)
    called = table_names(sources, results)
    return [
        {"image": image, NAME: name, **names, **({REASON: reason} if reason else {})}
        for image, name, names, reason in zip(paths, results, called, reasons, strict=True)
    ]


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
                REASON: line if path in line else f"{path}: {line}",
            }
