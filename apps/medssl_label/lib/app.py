"""The app: which bundles there are, and what each of them can do."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import monailabel
from monailabel.interfaces.app import MONAILabelApp
from monailabel.interfaces.tasks.infer_v2 import InferTask
from monailabel.interfaces.tasks.strategy import Strategy
from monailabel.interfaces.tasks.train import TrainTask
from monailabel.tasks.activelearning.first import First
from monailabel.tasks.activelearning.random import Random

from .infer import JUDGED, Classification, Segmentation, config_of
from .train import Training

logger = logging.getLogger(__name__)

PRETRAINING = "pretrain_"


def working(folders: Mapping[str, Path], make: Callable[[Path], Any]) -> dict[str, Any]:
    """What ``make`` makes of each folder; a broken bundle is left out and logged."""
    made = {}
    for name, folder in folders.items():
        try:
            task = make(folder)
        except Exception as error:  # the server must start with the others
            logger.error("left out %s: %s: %s", name, type(error).__name__, error)
        else:
            made[name] = task
    return {name: task for name, task in made.items() if task.is_valid()}


class MedsslApp(MONAILabelApp):
    """Serves every bundle in ``model/``; ``--conf models a,b`` restricts it.

    Segmentation bundles infer and train, classification bundles judge scans, regions or
    candidates, pretraining bundles are what training can start from.
    """

    def __init__(self, app_dir: str, studies: str, conf: dict[str, str]) -> None:
        folders = {path.parents[1].name: path.parents[1] for path in self.configs(app_dir)}
        wanted = [name for name in conf.get("models", "").split(",") if name not in ("", "all")]
        if missing := sorted(set(wanted) - folders.keys()):
            raise ValueError(f"models: {', '.join(missing)} not in {app_dir}/model; unpack them")
        self.encoders = {n: f for n, f in folders.items() if n.startswith(PRETRAINING)}
        self.served = {n: folders[n] for n in wanted or sorted(folders.keys() - self.encoders)}
        super().__init__(
            app_dir=app_dir,
            studies=studies,
            conf=conf,
            name=f"medssl - bundles ({monailabel.__version__})",
            description="Self-supervised learning for 3D medical images",
            version=monailabel.__version__,
        )

    @staticmethod
    def configs(app_dir: str) -> list[Path]:
        """The metadata of all bundles that are there."""
        return sorted(Path(app_dir, "model").glob("*/configs/metadata.json"))

    def init_infers(self) -> dict[str, InferTask]:
        def make(folder: Path) -> InferTask:
            judges = any(key in config_of(folder, "inference") for key in JUDGED)
            return (Classification if judges else Segmentation)(folder, self.conf)

        return working(self.served, make)

    def init_trainers(self) -> dict[str, TrainTask]:
        learning = {
            n: f for n, f in self.served.items() if isinstance(self._infers.get(n), Segmentation)
        }
        labels = {name: infer.labels for name, infer in self._infers.items()}
        return working(learning, lambda folder: Training(folder, self.conf, self.encoders, labels))

    def init_strategies(self) -> dict[str, Strategy]:
        return {"random": Random(), "first": First()}
