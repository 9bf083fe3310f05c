"""Commands of ``medssl analyse`` hand on what was asked for."""

import json

from medssl.analysis.cka import Similarity
from medssl.commands import Analyse


def test_cka_hands_on_the_weights_in_their_order_and_leaves_json(asked, tmp_path):
    found = Similarity("a", "b", "validation", 9, 3, (0.5,), ((0.5,),))
    calls = asked("medssl.analysis.cka.encoder_cka", found)
    Analyse().cka("a", "b", "d", "x", "validation", "target", json=str(tmp_path / "c.json"), seed=1)
    wanted = {"first": "a", "second": "b", "transfer_from": "target", "overrides": {"seed": 1}}
    assert calls[0].items() >= wanted.items()
    assert json.loads((tmp_path / "c.json").read_text())["levels"] == [0.5]
