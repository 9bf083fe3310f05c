"""Figures that name their weights, as evaluations' do."""

import json

from medssl.files import sha256_of


def note_own_weights(folder):
    """Weights of the folder's own, and figures of them."""
    weights = folder / "model.pt"
    weights.write_text(folder.name)
    said = {"weights": {"file": weights.name, "sha256": sha256_of(weights)}}
    (folder / "metrics.json").write_text(json.dumps(said))
