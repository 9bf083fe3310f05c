"""Statistics and objects of a volume against slow oracles."""

from collections import deque

import numpy as np
import pytest

from medssl.sources.volume_facts import find_objects, value_statistics

from ..scans import small_ct


@pytest.mark.parametrize("shape", [(12, 10, 8), (3, 2, 2)])
def test_value_statistics(shape):
    array = small_ct(shape)
    found = value_statistics(array)
    percentiles = np.percentile(array, [0.5, 50, 99.5], method="inverted_cdf")
    assert [found[k] for k in ("percentile_0.5", "median", "percentile_99.5")] == list(percentiles)
    assert (found["min"], found["max"]) == (array.min(), array.max())
    assert found["mean"] == pytest.approx(array.mean(), abs=1e-3)
    assert found["std"] == pytest.approx(array.std(), abs=1e-3)


def flood(mask):
    """Components by breadth-first search over 26 neighbours, as sets of voxels."""
    left, found = {tuple(p) for p in np.argwhere(mask)}, []
    steps = [tuple(np.subtract(p, 1)) for p in np.ndindex(3, 3, 3)]
    while left:
        queue, seen = deque([min(left)]), {min(left)}
        while queue:
            here = queue.popleft()
            for step in steps:
                there = tuple(int(a + b) for a, b in zip(here, step))
                if there in left and there not in seen:
                    seen.add(there)
                    queue.append(there)
        left -= seen
        found.append(seen)
    return found


def test_objects_equal_a_flood_fill():
    rng = np.random.default_rng(5)
    for density in (0.02, 0.06, 0.1):
        label = (rng.random((14, 13, 12)) < density).astype(np.uint8) * rng.integers(1, 3)
        objects, dropped = find_objects(label, (1.0, 2.0, 0.5))
        components = flood(label > 0)
        kept = [c for c in components if len(c) >= 3]
        assert dropped == len(components) - len(kept)
        expected = set()
        for voxels in kept:
            low, high = np.min(list(voxels), 0), np.max(list(voxels), 0) + 1
            expected.add((len(voxels), *low.tolist(), *high.tolist()))
        assert {(o["voxels"], *o["bbox"][0], *o["bbox"][1]) for o in objects} == expected
        for o in objects:
            volume = np.pi / 6 * o["diameter_mm"] ** 3
            assert volume == pytest.approx(o["voxels"] * 1.0, rel=1e-3)
            assert o["center"] == [(a + b - 1) / 2 for a, b in zip(*o["bbox"])]


def test_object_label_is_the_commonest_inside():
    label = np.zeros((8, 8, 8), np.uint8)
    label[1:4, 1:4, 1:4] = 2
    label[1, 1, 1] = 7
    label[6, 6, 5:8] = 5
    assert [o["label"] for o in find_objects(label, (1, 1, 1))[0]] == [2, 5]
