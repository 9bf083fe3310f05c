"""Training on submitted labels, from the task's own weights or a pretrained encoder."""

from pathlib import Path
from typing import Any

from monailabel.tasks.train.bundle import BundleTrainTask

NO_ENCODER = "none"


class Training(BundleTrainTask):
    """Train a segmentation bundle; ``encoder`` in the request names a pretraining bundle.

    Args:
        path: folder of the bundle; the round's weights replace ``models/model.pt``.
        conf: of the app.
        encoders: folders of the pretraining bundles by name.
    """

    def __init__(self, path: Path, conf: dict[str, str], encoders: dict[str, Path]) -> None:
        super().__init__(str(path), conf, load_strict=True)
        self.encoders = encoders
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
        return super().__call__(request, datastore)

    def _load_checkpoint(self, model_pytorch: str, pretrained: bool, train_handlers: Any) -> None:
        # The list lives as long as the server: the loader of an earlier round goes.
        train_handlers[:] = [h for h in train_handlers if h["_target_"] != "CheckpointLoader"]
        if pretrained:
            super()._load_checkpoint(model_pytorch, pretrained, train_handlers)

    def _update_overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        overrides.update(self._settings)
        return overrides
