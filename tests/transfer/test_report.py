"""A hand-over in one line and as JSON."""

import json

from medssl.transfer.report import PartReport, TransferReport
from medssl.transfer.scans import Change

WHOLE = PartReport("encoder", 2, ("encoder.a", "encoder.b"))
SKIPPED = PartReport("decoder", 3, (), "the network has no such part")


def test_a_line_says_what_was_loaded_and_why_not_the_rest():
    report = TransferReport("w.pt", (WHOLE, SKIPPED))
    assert report.loaded == ("encoder.a", "encoder.b")
    assert report.summary() == (
        "transferred from w.pt: encoder 2/2, decoder 0/3 (skipped: the network has no such part)"
    )


def test_foreign_names_and_other_scans_are_said():
    changes = (Change("spacing", [1.0] * 3, None), Change("window", [0, 1], [2, 3]))
    line = TransferReport("w.pt", (WHOLE,), "genesis", changes).summary()
    assert line == (
        "transferred from w.pt (key map genesis): encoder 2/2; "
        "spacing [1.0, 1.0, 1.0] there, None here; window [0, 1] there, [2, 3] here"
    )


def test_json_keeps_all_of_it():
    report = TransferReport("w.pt", (WHOLE, SKIPPED), changes=(Change("clip", None, [0, 1]),))
    content = json.loads(json.dumps(report.as_dict()))
    assert content["parts"][1] == {**vars(SKIPPED), "loaded": []}
    assert content["changes"] == [{"key": "clip", "pretraining": None, "here": [0, 1]}]
