"""Sections say on how many threads they ran, and keep the commit that measured them."""

import json
import sys

import torch

import bench
from measured import made_now, this_cpu

FIGURES = {
    "crop_read": {"scan_voxels": 8, "median_ms": 1.0, "p95_ms": 2.0},
    "estimate": [{"bundle": "b", "cores": 3, "cpu_s": 4.0, "wall_s": 2.0}],
}


def test_what_runs_in_processes_of_its_own_has_their_threads_and_the_rest_has_one(
    tmp_path, monkeypatch
):
    output = tmp_path / "bench.json"
    monkeypatch.setattr(bench, "make_data", lambda folder: folder)
    monkeypatch.setattr(bench, "measured", lambda section, *_: FIGURES[section])
    monkeypatch.setattr(sys, "argv", ["bench.py", "--only", *FIGURES, "--output", str(output)])
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        bench.main()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    found = json.loads(output.read_text(encoding="utf-8"))["measured"]
    assert found["crop_read"]["device"] == this_cpu(1)
    assert found["estimate"]["device"] == this_cpu(3)
    assert {each["commit"] for each in found.values()} == {made_now()["commit"]}
    assert f"- estimate: {this_cpu(3)}" in output.with_suffix(".md").read_text(encoding="utf-8")
