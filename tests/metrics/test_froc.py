"""FROC by hand: what hits, what is ignored, what is a false alarm, and the seven rates."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.metrics import froc, froc_curve, match
from medssl.metrics.froc import RATES, Outcomes
from medssl.store.marks import Marks

from ..helpers import calls_of, most_memory_of


def marks(*rows):
    """Rows of (scan, x, value), all at y = z = 0."""
    return Marks(
        np.array([row[0] for row in rows], dtype=object),
        np.array([[row[1], 0.0, 0.0] for row in rows], dtype=np.float64).reshape(-1, 3),
        np.array([row[2] for row in rows], dtype=np.float64),
        np.arange(len(rows)) + 2,
    )


NODULES = marks(("a", 0, 10), ("a", 100, 6), ("b", 0, 8))
SCANS = ("a", "b", "c", "d")


def test_every_rule_at_once():
    candidates = marks(
        ("a", 4.9, 0.6),  # inside the first nodule
        ("a", 1, 0.9),  # the same, and more probable: this one counts, the other is ignored
        ("a", 5.0, 0.8),  # as far as the radius: a false alarm
        ("a", 200, 0.7),  # on an excluded finding without a diameter: ignored
        ("a", 206, 0.3),  # 6 mm from it, more than the 5 mm that are assumed
        ("b", 30, 0.5),  # a false alarm
        ("c", 0, 0.2),  # where b has its nodule, in another scan
    )
    outcomes = match(candidates, NODULES, SCANS, marks(("a", 200, -1)))
    assert outcomes.hits.tolist() == [0.9, -np.inf, -np.inf]
    assert sorted(outcomes.alarms) == [0.2, 0.3, 0.5, 0.8]
    rates, sensitivity = froc_curve(outcomes)
    assert rates.tolist() == [0, 0, 0.25, 0.5, 0.75, 1.0]
    assert sensitivity.tolist() == [0, *[1 / 3] * 5]


@pytest.mark.parametrize(("diameter", "ignored"), [(-1, 2), (0, 0), (0.8, 1), (8, 2)])
def test_only_a_negative_diameter_is_unknown(diameter, ignored):
    """An excluded finding as small as a voxel, or of none, does not reach as far as 10 mm would."""
    candidates = marks(("a", 200.3, 0.7), ("a", 203, 0.6))
    outcomes = match(candidates, NODULES, SCANS, marks(("a", 200, diameter)))
    assert len(outcomes.alarms) == 2 - ignored


def test_sensitivity_at_the_seven_rates_by_hand():
    """Two scans; hits at 0.9 and 0.4, alarms at 0.7 and 0.2: 1/2 until 0.5 a scan, then 1."""
    nodules = marks(("a", 0, 10), ("b", 0, 10))
    candidates = marks(("a", 0, 0.9), ("b", 0, 0.4), ("a", 50, 0.7), ("b", 50, 0.2))
    found = froc(match(candidates, nodules, ("a", "b")), resamples=50)
    assert found.sensitivity == (0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0)
    assert found.cpm == pytest.approx(6 / 7)
    assert found.cpm_low <= found.cpm <= found.cpm_high


def test_equal_probabilities_are_one_threshold():
    """However the rows are ordered, a tie gives the straight line between its ends."""
    rows = [("a", 0, 0.5), ("a", 50, 0.5), ("a", 60, 0.5)]
    nodules = marks(("a", 0, 10))
    for order in (rows, rows[::-1]):
        rates, sensitivity = froc_curve(match(marks(*order), nodules, ("a",)))
        assert (rates.tolist(), sensitivity.tolist()) == ([0, 2], [0, 1])
    found = froc(match(marks(*rows), nodules, ("a",)), resamples=5)
    assert found.sensitivity == tuple(np.interp(RATES, [0, 2], [0, 1]))


def test_perfect_blind_and_silent_detectors():
    perfect = marks(("a", 0, 1.0), ("a", 100, 1.0), ("b", 0, 1.0), ("c", 0, 0.0))
    found = froc(match(perfect, NODULES, SCANS), resamples=20)
    assert found.sensitivity == (1.0,) * 7
    assert (found.cpm, found.cpm_low, found.cpm_high) == (1.0, 1.0, 1.0)
    for candidates in (marks(("c", 0, 0.9)), marks()):
        assert froc(match(candidates, NODULES, SCANS), resamples=20).cpm == 0.0


def literal_sensitivity(candidates, nodules, scans, rate):
    """Try every threshold, candidate by candidate, and join the points by straight lines."""
    points = [(0.0, 0.0)]
    for threshold in sorted(set(candidates.values.tolist()), reverse=True):
        hit, alarms = set(), 0
        for scan, place, value in zip(candidates.series, candidates.world_mm, candidates.values):
            own = [
                row
                for row in range(len(nodules))
                if nodules.series[row] == scan
                and np.linalg.norm(place - nodules.world_mm[row]) < nodules.values[row] / 2
            ]
            if value >= threshold:
                hit.update(own)
                alarms += not own
        points.append((alarms / len(scans), len(hit) / len(nodules)))
    return (
        max(point[1] for point in points if point[0] == rate)
        if rate in dict(points)
        else (np.interp(rate, *zip(*points)))
    )


def test_against_a_literal_loop_on_random_scans():
    rng = np.random.default_rng(0)
    scans = [f"s{number}" for number in range(6)]
    nodules = marks(*((scans[rng.integers(5)], 40 * k, rng.uniform(4, 20)) for k in range(9)))
    rows = [(rng.choice(scans), 400 * rng.random(), np.round(rng.random(), 1)) for _ in range(150)]
    candidates = marks(*rows)
    found = froc(match(candidates, nodules, scans), resamples=100)
    expected = [literal_sensitivity(candidates, nodules, scans, rate) for rate in RATES]
    assert found.sensitivity == pytest.approx(expected)
    assert all(np.array(found.low) <= np.array(found.high))


def test_the_bootstrap_draws_scans():
    """One scan has all the nodules and finds half of them: every draw of it says one half."""
    nodules = marks(("a", 0, 10), ("a", 50, 10))
    found = froc(match(marks(("a", 0, 0.9)), nodules, ("a", "b")), resamples=200)
    assert set(found.low) == set(found.high) == {0.5}


def random_outcomes(nodules, alarms, scans):
    rng = np.random.default_rng(0)
    hits = np.where(rng.random(nodules) < 0.1, -np.inf, np.round(rng.random(nodules), 2))
    places = [rng.integers(scans, size=count) for count in (nodules, alarms)]
    return Outcomes(hits, places[0], np.round(rng.random(alarms) ** 3, 2), places[1], scans)


def test_the_bootstrap_against_scans_repeated_by_hand():
    """A scan drawn twice is two scans, each with its nodules and its alarms."""
    source, cpms = random_outcomes(20, 100, 8), []
    rng = np.random.default_rng(0)
    for counts in rng.multinomial(8, np.full(8, 1 / 8), size=40):
        hit, alarm = (
            np.repeat(np.arange(len(s)), counts[s]) for s in (source.hit_scan, source.alarm_scan)
        )
        drawn = Outcomes(
            source.hits[hit],
            source.hit_scan[hit],
            source.alarms[alarm],
            source.alarm_scan[alarm],
            8,
        )
        cpms.append(np.mean(np.interp(RATES, *froc_curve(drawn))))
    found = froc(source, resamples=40)
    assert [found.cpm_low, found.cpm_high] == pytest.approx(np.percentile(cpms, [2.5, 97.5]))
    assert found.cpm_low < found.cpm < found.cpm_high


def test_draws_are_not_sorted_and_loop_over_no_candidates():
    """A thousand draws of the challenge's size, 166,000 candidates, take seconds by that."""
    small, large = random_outcomes(400, 2000, 265), random_outcomes(400, 4000, 265)
    work = {n: calls_of(lambda n=n: froc(small, resamples=n)) for n in (10, 20)}
    sorting = ("sort", "argsort", "lexsort", "sorted", "unique")
    assert {name: work[10][name] for name in sorting} == {name: work[20][name] for name in sorting}
    assert work[10]["argsort"] > 0
    assert work[20].total() < 2 * work[10].total()
    assert calls_of(lambda: froc(large, resamples=10)) == work[10]


def test_memory_grows_as_the_candidates_do():
    held = [
        most_memory_of(lambda n=n: froc(random_outcomes(400, n, 265), resamples=20))
        for n in (20_000, 40_000)
    ]
    assert held[1] < 2.2 * held[0]


def test_bad_input_is_one_line():
    with pytest.raises(UserError, match="candidates in z"):
        match(marks(("z", 0, 0.5)), NODULES, SCANS)
    with pytest.raises(UserError, match="no nodule in these 1 scans"):
        match(marks(("d", 0, 0.5)), NODULES, ("d",))
