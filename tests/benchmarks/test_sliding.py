"""Windows of a whole scan, counted and compared with the first way."""

import pytest
import torch

import sliding


def test_each_setting_has_a_line(monkeypatch):
    monkeypatch.setattr(
        sliding, "VARIANTS", {"eager": {}, "channels": {"channels_last": True}, "no": {"amp": "x"}}
    )
    first, second, third = sliding.bench_sliding(torch.device("cpu"), 2, side=32, roi=16, repeats=1)
    assert (first["settings"], first["apart"], first["peak_mib"]) == ("eager", 0, None)
    assert first["windows_a_second"] > 0
    assert second["apart"] < 1e-4
    assert third["failed"].startswith("amp: ")


@pytest.mark.gpu
def test_all_variants_run_on_a_gpu():
    rows = sliding.bench_sliding(torch.device("cuda"), 8, side=128, roi=64, repeats=1)
    assert [row.get("failed") for row in rows] == [None] * len(rows)
    assert max(row["apart"] for row in rows) < 0.2
