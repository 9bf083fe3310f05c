"""Inference tasks: whole scans, windows around points, candidates, regions."""

import csv
import json
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from monailabel.interfaces.tasks.infer_v2 import InferType
from monailabel.tasks.infer.bundle import BundleInferTask

from .checks import check_model, user_error
from .labels import label_values, own_names, trained_names, written_classes

CANDIDATES, REGIONS = "candidates", "regions"
JUDGED = (CANDIDATES, REGIONS)  # keys of inference.json of which a classification has one
COLUMNS = ("seriesuid", "coordX", "coordY", "coordZ")
EXPECTED = "expected a list of positions [x, y, z] in LPS mm, at least one"


def config_of(bundle: Path, name: str) -> dict[str, Any]:
    """``configs/<name>.json`` of a bundle."""
    return dict(json.loads((bundle / "configs" / f"{name}.json").read_text(encoding="utf-8")))


def positions(request: dict[str, Any], key: str) -> list[list[float]]:
    """The positions in a request.

    Raises:
        HTTPException: status 400, not positions.
    """
    given = request.get(key)
    try:
        found = [[float(number) for number in position] for position in given or ()]
    except (TypeError, ValueError):
        found = []
    if not found or any(len(position) != 3 for position in found):
        raise HTTPException(400, f"{key}: {given!r}, {EXPECTED}")
    return found


class BundleTask(BundleInferTask):
    """A bundle's inference; what the bundle says of bad input is the answer, with status 400."""

    def __init__(self, path: Path, conf: dict[str, str], **options: Any) -> None:
        super().__init__(str(path), conf, load_strict=True, **options)
        self.labels = self._classes(own_names(config_of(path, "metadata")))
        self._checked: dict[Path, int] = {}

    def __call__(self, request: Any, callbacks: Any = None) -> Any:
        try:
            self._check(request.get("model_filename"))
            return super().__call__(request, callbacks)
        except Exception as error:
            if (bad := user_error(error)) is None:
                raise
            raise HTTPException(400, str(bad)) from error

    def _classes(self, own: list[str]) -> dict[str, int]:
        """What the bundle's weights were trained with, by name."""
        try:
            written = written_classes(self.bundle_config)
            return label_values(trained_names(self.bundle_config, own), written)
        except Exception as error:  # of damaged weights each request is told
            if user_error(error) is None:
                raise
            return label_values(own, [1])
        finally:
            self.bundle_config.parse()  # nothing stays resolved

    def _check(self, chosen: Any) -> None:
        """The weights that the server will load, each time that they are new."""
        model = Path(self.get_path())
        if chosen:
            named = model.with_name(chosen if isinstance(chosen, str) else chosen[0])
            model = named if named.is_file() else model
        changed = model.stat().st_mtime_ns
        if model.suffix == ".pt" and self._checked.get(model) != changed:
            check_model(self.bundle_config, model)
            self._checked[model] = changed

    def set(self, key: str, value: Any) -> None:
        """Change a key of the bundle's configuration."""
        self.bundle_config[key] = value
        self.bundle_config.parse()


class Segmentation(BundleTask):
    """Segment a scan; with ``points`` in the request (LPS mm) only windows around them."""

    def __init__(self, path: Path, conf: dict[str, str]) -> None:
        super().__init__(path, conf, type=InferType.SEGMENTATION)

    def pre_transforms(self, data: Any = None) -> Sequence[Callable[..., Any]]:
        if "points" not in self.bundle_config.config:
            return list(super().pre_transforms(data))
        # Set before the transforms are made: postprocessing undoes these very objects.
        self.set("points", None)
        if not data.get("points"):
            return list(super().pre_transforms(data))
        with tempfile.TemporaryDirectory() as folder:
            self.set("points", str(_write_points(Path(folder), data)))
            super().inferer(data)  # reads the table
        return list(super().pre_transforms(data))


def _write_points(folder: Path, data: dict[str, Any]) -> Path:
    """The request's points as the table that bundles read."""
    table = folder / "points.csv"
    image = Path(data["image_path"])  # of a DICOM series the folder, whose name may hold dots
    name = image.name if image.is_dir() else image.name.removesuffix(".gz").rpartition(".")[0]
    rows = [(name, *position) for position in positions(data, "points")]
    with table.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return table


class Classification(BundleTask):
    """Judge the request's ``candidates``, or its ``regions``, a list of positions in LPS mm.

    Without ``regions`` the whole scan is judged.
    """

    def __init__(self, path: Path, conf: dict[str, str]) -> None:
        super().__init__(path, conf, type=InferType.CLASSIFICATION, add_post_restore=False)
        self.key = next(key for key in JUDGED if key in self.bundle_config.config)

    def pre_transforms(self, data: Any = None) -> Sequence[Callable[..., Any]]:
        if self.key in data or self.key == CANDIDATES:
            data[self.key] = positions(data, self.key)
        self.set(self.key, None)  # not a table
        return list(super().pre_transforms(data))

    def writer(self, data: Any, extension: Any = None, dtype: Any = None) -> Any:  # noqa: ARG002
        places = [
            None if any(map(math.isnan, place)) else place for place in data["world_mm"].tolist()
        ]
        rows = data["pred"].reshape(len(places), -1).tolist()
        found = [dict(zip(self.labels, row, strict=True)) for row in rows]
        if self.key == CANDIDATES:
            judged = [{"world_mm": at, **row} for at, row in zip(places, found, strict=True)]
        else:  # classes may have any name
            judged = [
                {"world_mm": at, "probabilities": row}
                for at, row in zip(places, found, strict=True)
            ]
        return None, {self.key: judged}
