"""The table of what people wait for takes its figures from where they were measured."""

from waits import waits_table

SECONDS = {"medssl": 0.25, "medssl, not blurred": 0.2, "MONAI": 4, "SimpleITK": 1}
PREPARING = {
    "a scan": {"cpu_s": SECONDS},
    "an oblique scan": {"cpu_s": {**SECONDS, "medssl": 0.75}},
    "whole preparations": {"rows": {"scan": {"cpu_s": 2.0, "peak_mib": 300}}, "scan_mib": 150},
}
DICE = [[0.9, 0.7], [0.8, 0.5]]  # of two networks
WAY = {"mode": "gaussian", "rule": "body", "overlap": 0.25, "windows": 40, "dice": DICE}
FIRST = {**WAY, "rule": "any", "overlap": 0.5, "windows": 100}
WHOLE = {
    "scans": {
        "chest": {"rows": [{**FIRST, "dice": [[0.92, 0.69], [0.82, 0.49]]}, WAY]},
        "other": {"rows": [FIRST]},
    }
}
MACHINE = {"device": "a CPU (AVX2)", "date": "2026-01-02"}
CLONE = {"test": {"wall_s": 90.0, "passed": 70, **MACHINE}}


def test_there_is_a_line_for_each_figure():
    scale = [{"scans": 10}, {"scans": 1000, "manifest_s": 1, "datalist_s": 0.5, "start_s": 3}]
    seconds = {"medssl estimate --help": 0.14}
    seconds["python -m monai.bundle run, before the first step"] = 5.6
    starts = [{"start": name, "cpu_s": value} for name, value in seconds.items()]
    estimate = [{"bundle": "pretrain_x", "wall_s": 42.3}]
    report = {"scale": scale, "startup": starts, "estimate": estimate}
    lines = waits_table(report, PREPARING, WHOLE, CLONE).splitlines()
    figures = "MONAI 4.00 s, SimpleITK 1.00 s | {} s blurred where coarser, 0.20 s as the others"
    size = "of 512 x 512 x 300 voxels to 1 mm"
    upright, oblique = (figures.format(value) for value in ("0.25", "0.75"))
    for what, figures, goal in (("a", upright, "0.5 s"), ("an oblique", oblique, "may be slower")):
        line = f"| resampling {what} scan {size} | {figures} | {goal} | `make bench-preparing` |"
        assert line in lines
    assert (
        "| whole preparation of that scan |  | 2.00 s | 2.5 s | `make bench-preparing` |" in lines
    )
    assert (
        "| its peak memory |  | 2.00 times the scan | 2.5 times | `make bench-preparing` |" in lines
    )
    assert any("of 1,000 scans |  | 1.0 s, 0.5 s, 3.0 s |" in line for line in lines)
    first_step = "before the first step`, CPU |  | 5.6 s | 9 s | `make bench` |"
    assert any(line.endswith(first_step) for line in lines)
    assert "| `medssl estimate --help`, CPU |  | 0.1 s | 0.5 s | `make bench` |" in lines
    asked = "| `medssl estimate` of `pretrain_x` at its own size, by the clock |  |"
    assert f"{asked} 42 s | 60 s | `make bench` |" in lines
    chest = "| windows of a whole chest | MONAI 100 | 40, mean dice -0.0050"
    chest += ", worst -0.0200, beyond 0.002 | 40, mean within 0.002"
    assert f"{chest} | `make bench-whole-scans DATA=DIR` |" in lines
    *_, clone, refused, gpu = lines
    assert clone.startswith("| `make test` (70 tests) in a fresh clone")
    told = "a CPU (AVX2), 2026-01-02 |  | 1.5 min | 6 min | `make bench-clone` |"
    assert clone.endswith(told)
    assert refused.startswith("| `--amp bf16` on a CPU without bf16 |  | refused in one line")
    assert refused.endswith(" |  | `pytest tests/engines/test_precision.py` |")
    assert gpu.endswith(" there |  | not measured, as no GPU was at hand |  | `make bench-gpu` |")


def test_without_figures_there_is_no_table():
    assert waits_table({}, None, None, None) == ""
