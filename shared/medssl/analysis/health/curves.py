"""Checks of the training curve: start, trend, divergence, waiting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, median_abs_deviation, theilslopes

from ...engines import StepTime
from .findings import BAD, OK, UNKNOWN, WARN, Finding
from .reference import Band

START_STEPS = 10
BLOCKS = 20
LEAST_BLOCKS = 6
LEVEL = 0.05
SPIKE = 10.0
SPIKE_SHARE = 0.05
WINDOW = 25
WAITING = (0.1, 0.5)

Values = NDArray[np.float64]


def block_means(losses: Mapping[int, float], blocks: int = BLOCKS) -> Values:
    """Means over ``blocks`` equal parts of the run, or the losses themselves if there are fewer."""
    values = np.asarray([losses[key] for key in sorted(losses)], dtype=np.float64)
    parts = np.array_split(values, min(blocks, len(values)))
    return np.asarray([part.mean() for part in parts])


def check_finite(losses: Mapping[int, float]) -> Finding:
    """No loss may be NaN or infinite."""
    broken = [step for step, loss in losses.items() if not np.isfinite(loss)]
    if not broken:
        return Finding("finite loss", f"all of {len(losses)}", "all", OK)
    advice = "lower learning_rate; with amp fp16 use bf16; look for broken scans"
    return Finding("finite loss", f"NaN or inf from step {broken[0]}", "all", BAD, advice)


def check_start(losses: Mapping[int, float], band: Band | None) -> Finding:
    """Mean loss of the first steps against theory."""
    name, first = "loss at the start", [losses.get(step) for step in range(1, START_STEPS + 1)]
    seen = [loss for loss in first if loss is not None]
    if band is None or len(seen) < START_STEPS:
        missing = "a reference band" if band is None else f"the first {START_STEPS} steps"
        return Finding(name, "-", "-" if band is None else str(band), UNKNOWN, missing)
    mean = float(np.mean(seen))
    saw = f"{mean:.4g}"
    if band.low <= mean <= band.high:
        return Finding(name, saw, str(band), OK)
    advice = (
        "too low at once: the task may be solvable by a shortcut, or the weights are not fresh"
        if mean < band.low
        else "too high: check window and the intensities of the scans, or lower learning_rate"
    )
    return Finding(name, saw, str(band), WARN, advice)


def check_trend(losses: Mapping[int, float], falls: bool = True, due: bool = True) -> Finding:
    """Does the loss fall? Mann-Kendall test and Theil-Sen slope of the block means.

    Both go by ranks and medians, so that a few spikes decide nothing.

    Args:
        losses: by iteration.
        falls: whether the method's loss falls while it learns.
        due: whether the run has had the steps to learn.
    """
    means, name = block_means(losses), "loss trend"
    means = means[np.isfinite(means)]
    if len(means) < LEAST_BLOCKS or len(losses) < 2 * WINDOW:
        return Finding(name, f"{len(losses)} steps", "falling", UNKNOWN, f"{2 * WINDOW} steps")
    slope = theilslopes(means)[0]
    tau, p = kendalltau(np.arange(len(means)), means)
    change = slope * (len(means) - 1)
    saw = f"{change:+.3g} over the run"
    if not falls:
        return Finding(name, saw, "may rise", OK)
    if tau < 0 and p < LEVEL:
        return Finding(name, saw, "falling", OK)
    if tau > 0 and p < LEVEL:
        return Finding(name, saw, "falling", BAD, "lower learning_rate by 3 to 10")
    advice = "raise or lower learning_rate by 3; check that crops show anatomy; train longer"
    return Finding(name, saw + ", within noise", "falling", BAD if due else WARN, advice)


def check_stability(losses: Mapping[int, float], falls: bool = True) -> Finding:
    """Is the learning rate too high? The end far above the best, or many spikes.

    A spike is a loss more than ``SPIKE`` robust standard deviations above its neighbours' median.

    Args:
        losses: by iteration.
        falls: whether the method's loss falls while it learns; else its end says nothing.
    """
    name = "stability"
    healthy = ("ends near its best, " if falls else "") + f"spikes below {SPIKE_SHARE:.0%}"
    values = np.asarray([loss for loss in losses.values() if np.isfinite(loss)], dtype=np.float64)
    if len(values) < 2 * WINDOW:
        return Finding(name, f"{len(values)} steps", healthy, UNKNOWN, f"{2 * WINDOW} steps")
    medians = np.asarray([np.median(part) for part in np.array_split(values, _parts(values))])
    deviations = values - _local_medians(values)
    noise = float(median_abs_deviation(deviations, scale="normal"))
    best, end, start = medians.min(), medians[-1], medians[0]
    if falls and end > max(start, best + 4 * noise) and end > best + 0.25 * abs(best):
        saw = f"best {best:.4g}, end {end:.4g}"
        return Finding(name, saw, healthy, BAD, "it diverges: lower learning_rate by 3 to 10")
    spikes = float(np.mean(deviations > SPIKE * max(noise, 1e-12)))
    saw = f"best {best:.4g}, end {end:.4g}, spikes {spikes:.1%}"
    if spikes > SPIKE_SHARE:
        advice = "lower learning_rate by 2 to 3, or raise batch_size"
        return Finding(name, saw, healthy, WARN, advice)
    return Finding(name, saw, healthy, OK)


def _parts(values: Values) -> int:
    return max(2, min(BLOCKS, len(values) // WINDOW))


def _local_medians(values: Values) -> Values:
    half = WINDOW // 2
    padded = np.pad(values, half, mode="reflect")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, WINDOW), axis=1))


def check_waiting(times: Mapping[int, StepTime]) -> Finding:
    """Share of the time the device waited for data; the first step, which starts workers, apart."""
    name, (enough, much) = "waiting for data", WAITING
    steps = list(times.values())[1:]
    healthy = f"at most {enough:.0%} of the time"
    if not steps:
        return Finding(name, "-", healthy, UNKNOWN, "a trace with step times")
    waited, worked = sum(step.wait_s for step in steps), sum(step.step_s for step in steps)
    share = waited / max(waited + worked, 1e-12)
    saw = f"{share:.0%}, {worked / len(steps):.3g} s a step"
    if share <= enough:
        return Finding(name, saw, healthy, OK)
    advice = "raise num_workers; put dataset_dir on a local disk"
    return Finding(name, saw, healthy, BAD if share > much else WARN, advice)
