"""Commands of ``medssl analyse`` on weights hand on what was asked for."""

import json

import torch

from medssl.analysis.cka import Similarity
from medssl.analysis.gradcam import Attention
from medssl.cli import main
from medssl.commands import Analyse


def test_cka_hands_on_the_weights_in_their_order_and_leaves_json(asked, tmp_path):
    found = Similarity("a", "b", "validation", 9, 3, (0.5,), ((0.5,),))
    calls = asked("medssl.analysis.cka.encoder_cka", found)
    Analyse().cka("a", "b", "d", "x", "validation", "target", json=str(tmp_path / "c.json"), seed=1)
    wanted = {"first": "a", "second": "b", "transfer_from": "target", "overrides": {"seed": 1}}
    assert calls[0].items() >= wanted.items()
    assert json.loads((tmp_path / "c.json").read_text())["levels"] == [0.5]


def test_options_beside_names_of_models_are_numbers_and_lists(asked, monkeypatch):
    """Fire would leave them as text, which no config takes."""
    found = Attention(("a",), "x", torch.ones(1, 1, 3, 3, 3), (torch.ones(1, 1, 3, 3, 3),))
    calls = asked("medssl.analysis.gradcam.show_attention", found)
    words = ["analyse", "gradcam", "2024", "b", "--data", "7", "--bundle", "x", "--count", "2"]
    words += ["--crop_size", "[8,8,8]", "--base_channels=2"]
    monkeypatch.setattr("sys.argv", ["medssl", *words])
    main()
    (call,) = calls
    assert (call["models"], call["data"], call["count"]) == (("2024", "b"), "7", 2)
    assert call["overrides"] == {"crop_size": [8, 8, 8], "base_channels": 2}
