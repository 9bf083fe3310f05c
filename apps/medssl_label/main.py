"""MONAI Label app for medssl bundles: put unpacked releases into ``model/`` and start the server.

Segmentation bundles segment whole scans, or windows around points; classification bundles judge
candidates; pretraining bundles are starting points for training. MONAI Label's own app
``monaibundle`` serves the segmentation bundles too, but fails on classification.
"""

import csv
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import monailabel
from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.infer_v2 import InferTask, InferType
from monailabel.interfaces.tasks.strategy import Strategy
from monailabel.interfaces.tasks.train import TrainTask
from monailabel.tasks.activelearning.first import First
from monailabel.tasks.activelearning.random import Random
from monailabel.tasks.infer.bundle import BundleInferTask
from monailabel.tasks.train.bundle import BundleTrainTask

logger = logging.getLogger(__name__)

PRETRAINING = "pretrain_"
NO_ENCODER = "none"
COLUMNS = ("seriesuid", "coordX", "coordY", "coordZ")


def config_of(bundle: Path, name: str) -> dict[str, Any]:
    """``configs/<name>.json`` of a bundle."""
    return dict(json.loads((bundle / "configs" / f"{name}.json").read_text(encoding="utf-8")))


def label_values(metadata: dict[str, Any]) -> dict[str, int]:
    """Names and values in the label map that a bundle writes.

    One output channel becomes a mask of ones; of several channels the index is the value.
    """
    pred = metadata["network_data_format"]["outputs"]["pred"]
    names = {int(value): name.lower() for value, name in pred["channel_def"].items()}
    if len(names) == 1:
        return {names[0]: 1}
    return {name: value for value, name in names.items() if name != "background"}


class Segmentation(BundleInferTask):
    """Segment a scan; with ``points`` in the request (LPS mm) only windows around them."""

    def __init__(self, path: Path, conf: dict[str, str]) -> None:
        super().__init__(str(path), conf, type=InferType.SEGMENTATION, load_strict=True)
        self.labels = label_values(config_of(path, "metadata"))

    def pre_transforms(self, data: Any = None) -> Any:
        if "points" not in self.bundle_config.config:
            return super().pre_transforms(data)
        # Parsed again before the first transform is made: the last ones undo these very objects.
        with tempfile.TemporaryDirectory() as folder:
            self.bundle_config["points"] = _write_points(Path(folder), data)
            self.bundle_config.parse()
            super().inferer(data)  # reads the table
            return super().pre_transforms(data)


def _write_points(folder: Path, data: Any) -> str | None:
    """The request's points as the table that bundles read; None without any."""
    points = (data or {}).get("points")
    if not points:
        return None
    path = folder / "points.csv"
    name = Path(data["image_path"]).name.removesuffix(".gz").rpartition(".")[0]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *([name, *point] for point in points)])
    return str(path)


class Classification(BundleInferTask):
    """Judge the request's ``candidates``, a list of positions in LPS mm."""

    def __init__(self, path: Path, conf: dict[str, str]) -> None:
        super().__init__(
            str(path),
            conf,
            type=InferType.CLASSIFICATION,
            add_post_restore=False,
            load_strict=True,
        )
        self.labels = label_values(config_of(path, "metadata"))

    def pre_transforms(self, data: Any = None) -> Any:
        if not (data or {}).get("candidates"):
            raise ValueError('params: expected {"candidates": [[x, y, z], ...]}, LPS mm')
        self.bundle_config["candidates"] = None  # they come with the request
        self.bundle_config.parse()
        return super().pre_transforms(data)

    def writer(self, data: Any, extension: Any = None, dtype: Any = None) -> Any:  # noqa: ARG002
        (name,) = self.labels
        found = zip(data["world_mm"].tolist(), data["pred"].flatten().tolist(), strict=True)
        return None, {"candidates": [{"world_mm": place, name: value} for place, value in found]}


class Training(BundleTrainTask):
    """Train on submitted labels; ``encoder`` in the request starts from pretrained weights."""

    def __init__(self, path: Path, conf: dict[str, str], encoders: dict[str, Path]) -> None:
        super().__init__(str(path), conf, load_strict=True)
        self.encoders, self._settings = encoders, {}

    def config(self) -> dict[str, Any]:
        return {**super().config(), "encoder": [NO_ENCODER, *self.encoders]}

    def __call__(self, request: Any, datastore: Any) -> Any:
        encoder = request.get("encoder", NO_ENCODER)
        encoder = encoder if isinstance(encoder, str) else encoder[0]
        if encoder != NO_ENCODER and encoder not in self.encoders:
            known = ", ".join(self.encoders) or "none here"
            raise ValueError(f"encoder: {encoder!r}, expected a bundle in model/: {known}")
        self._settings = {"val_interval": 1}
        if encoder != NO_ENCODER:
            self._settings["pretrained"] = str(self.encoders[encoder])
            request = {**request, "pretrained": False}  # not the task's old weights over them
        return super().__call__(request, datastore)

    def _load_checkpoint(self, model_pytorch: str, pretrained: bool, train_handlers: Any) -> None:
        # A loader that an earlier request added would load the old weights here too.
        train_handlers[:] = [h for h in train_handlers if h.get("_target_") != "CheckpointLoader"]
        if pretrained:
            super()._load_checkpoint(model_pytorch, pretrained, train_handlers)

    def _update_overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        overrides.update(self._settings)
        return overrides


class MedsslApp(MONAILabelApp):
    """Serves every bundle in ``model/``; ``--conf models a,b`` restricts it."""

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        folders = sorted(
            path.parents[1] for path in Path(app_dir, "model").glob("*/configs/train.json")
        )
        wanted = [name for name in conf.get("models", "").split(",") if name not in ("", "all")]
        if missing := sorted(set(wanted) - {folder.name for folder in folders}):
            raise ValueError(
                f"models: {', '.join(missing)} not in {app_dir}/model; unpack them there"
            )
        named = {folder.name: folder for folder in folders}
        self.encoders = {n: f for n, f in named.items() if n.startswith(PRETRAINING)}
        tasks = {n: f for n, f in named.items() if n not in self.encoders}
        self.tasks = {n: f for n, f in tasks.items() if not wanted or n in wanted}
        super().__init__(
            app_dir=app_dir,
            studies=studies,
            conf=conf,
            name=f"medssl - bundles ({monailabel.__version__})",
            description="Self-supervised learning for 3D medical images",
            version=monailabel.__version__,
        )

    def init_infers(self) -> dict[str, InferTask]:
        found: dict[str, InferTask] = {}
        for name, folder in self.tasks.items():
            try:
                kind = (
                    Classification
                    if "candidates" in config_of(folder, "inference")
                    else Segmentation
                )
                task = kind(folder, self.conf)
            except Exception as error:  # one broken bundle must not take the server down
                logger.error("left out %s: %s: %s", name, type(error).__name__, error)
                continue
            if task.is_valid():
                found[name] = task
        return found

    def init_trainers(self) -> dict[str, TrainTask]:
        segmentations = [n for n, task in self._infers.items() if isinstance(task, Segmentation)]
        return {n: Training(self.tasks[n], self.conf, self.encoders) for n in segmentations}

    def init_strategies(self) -> dict[str, Strategy]:
        return {"random": Random(), "first": First()}
