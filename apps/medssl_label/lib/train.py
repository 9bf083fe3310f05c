"""Training on submitted labels, from the task's own weights or a pretrained encoder."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monailabel.interfaces.datastore import Datastore, DefaultLabelTag
from monailabel.tasks.train.bundle import BundleTrainTask

from .submitted import as_classes, in_two_shares

NO_ENCODER = "none"
UNSHOWN = "unshown_classes"  # key of bundles whose classes may be missing in some label maps


class Training(BundleTrainTask):
    """Train a segmentation bundle; ``encoder`` in the request names a pretraining bundle.

    Args:
        path: folder of the bundle; the round's weights replace ``models/model.pt``.
        conf: of the app.
        encoders: folders of the pretraining bundles by name.
        labels: of each model by its name: value of each class by the class's name.
    """

    def __init__(
        self,
        path: Path,
        conf: dict[str, str],
        encoders: dict[str, Path],
        labels: Mapping[str, Mapping[str, int]],
    ) -> None:
        super().__init__(str(path), conf, load_strict=True)
        self.encoders = encoders
        self.labels = labels[path.name]
        self.others = {name for known in labels.values() for name in known}
        self._settings: dict[str, Any] = {}

    def config(self) -> dict[str, Any]:
        return {**super().config(), "encoder": [NO_ENCODER, *self.encoders]}

    def __call__(self, request: Any, datastore: Any) -> Any:
        encoder = request.get("encoder") or NO_ENCODER
        encoder = encoder if isinstance(encoder, str) else encoder[0]
        if encoder != NO_ENCODER and encoder not in self.encoders:
            known = ", ".join(self.encoders) or "none there"
            raise ValueError(f"encoder: {encoder!r}, expected a bundle in model/: {known}")
        # Bundles validate, and keep weights, at the latest after max_epochs.
        self._settings = {"max_epochs": request.get("max_epochs", 50)}
        if encoder != NO_ENCODER:
            self._settings["pretrained"] = str(self.encoders[encoder])
            request = {**request, "pretrained": False}  # or the task's weights would replace it
        if UNSHOWN in self.bundle_config:
            goes_on = request.get("pretrained", True)
            self._settings[UNSHOWN] = "keep" if goes_on else "background"
        with tempfile.TemporaryDirectory() as folder:
            self._folder = Path(folder)
            return super().__call__(request, datastore)

    def _fetch_datalist(self, request: Any, datastore: Datastore) -> list[dict[str, str]]:
        tag = DefaultLabelTag.FINAL
        told = {
            os.path.realpath(datastore.get_label_uri(image, tag)): datastore.get_label_info(
                image, tag
            )
            for image in datastore.get_labeled_images()
        }
        items = super()._fetch_datalist(request, datastore)
        for item in items:
            segments = told.get(os.path.realpath(item["label"]), {}).get("label_info") or ()
            label = Path(item["label"])
            item["label"] = str(as_classes(label, segments, self.labels, self.others, self._folder))
        return list(items)

    def _partition_datalist(
        self,
        datalist: list[Any],
        request: Any,
        shuffle: bool = False,  # noqa: ARG002
    ) -> tuple[list[Any], list[Any]]:
        return in_two_shares(datalist, request.get("val_split", 0.2))

    def _load_checkpoint(self, model_pytorch: str, pretrained: bool, train_handlers: Any) -> None:
        # The list lives as long as the server: the loader of an earlier round goes.
        train_handlers[:] = [h for h in train_handlers if h["_target_"] != "CheckpointLoader"]
        if pretrained:
            super()._load_checkpoint(model_pytorch, pretrained, train_handlers)

    def _update_overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        overrides.update(self._settings)
        return overrides
