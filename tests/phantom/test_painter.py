"""The abdomen is painted alike in one piece and in slabs, and labels say what was painted."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.fields import Array
from medssl.phantom.frame import Frame
from medssl.phantom.noise import ValueNoise
from medssl.phantom.painter import Painter
from medssl.phantom.trees import Tree
from medssl.phantom.tubes import Bowel
from medssl.phantom.tumours import Tumour
from medssl.phantom.viscera import Abdomen

from .patients import draw_abdomen

STEP = np.array([10.0, 10.0, 12.0])
LOW = np.array([-180.0, -140.0, -330.0])


@pytest.fixture(scope="module")
def abdomen() -> Abdomen:
    return draw_abdomen(0)


@pytest.fixture(scope="module")
def frame() -> Frame:
    reference = np.diag([*STEP, 1.0])
    reference[:3, 3] = LOW
    x, y, z = STEP.tolist()
    return Frame((37, 29, 26), (x, y, z), np.eye(4), reference)


@pytest.fixture(scope="module")
def noise(frame: Frame) -> list[ValueNoise]:
    rng = np.random.default_rng(0)
    return [ValueNoise(rng, frame, wavelength) for wavelength in (20.0, 30.0, 60.0)]


def tube(start: tuple[float, float, float], end: tuple[float, float, float], mm: float) -> Tree:
    return Tree(np.array([start]), np.array([end]), np.array([mm]), np.array([mm]))


def paint(frame: Frame, abdomen: Abdomen, noise: list[ValueNoise]) -> Painter:
    painter = Painter(frame, abdomen, noise)
    bowel = [Bowel(tube((0.0, 40.0, -300.0), (0.0, 40.0, -270.0), 25.0), -9.0, 20.0, 0.0)]
    thin, vein = (tube((x, -26.0, -300.0), (x, -26.0, -200.0), 20.0) for x in (-100.0, 90.0))
    painter.paint(bowel, thin, vein)
    return painter


@pytest.fixture(scope="module")
def whole(frame: Frame, abdomen: Abdomen, noise: list[ValueNoise]) -> Painter:
    return paint(frame, abdomen, noise)


def at(frame: Frame, painter: Painter, place: tuple[float, float, float]) -> float:
    voxel = np.round(frame.voxels(np.array([place]))[0]).astype(int)
    return float(painter.hu[tuple(voxel)])


def mean(distance: Array, painter: Painter, depth: float) -> float:
    return float(painter.hu[distance < -depth].mean())


def test_slabs_are_pieces_of_the_whole(
    frame: Frame,
    abdomen: Abdomen,
    noise: list[ValueNoise],
    whole: Painter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("medssl.phantom.frame._SLAB_VOXELS", 37 * 29 * 9)
    slabs = [paint(slab, abdomen, noise) for _, slab in frame.slabs()]
    assert len(slabs) == 3
    np.testing.assert_array_equal(np.concatenate([one.label for one in slabs], 2), whole.label)
    np.testing.assert_allclose(np.concatenate([one.hu for one in slabs], 2), whole.hu, atol=0.01)


def test_the_label_is_the_liver_and_the_liver_has_its_hu(
    frame: Frame, abdomen: Abdomen, whole: Painter
) -> None:
    liver = abdomen.liver(frame.points())
    np.testing.assert_array_equal(whole.label, (liver < 0).astype(np.uint8))
    assert mean(liver, whole, 12.0) == pytest.approx(abdomen.viscera.liver_hu, abs=12)


def test_organs_vessels_and_bowel_have_theirs(
    frame: Frame, abdomen: Abdomen, whole: Painter
) -> None:
    moved, viscera = abdomen.displace(frame.points()), abdomen.viscera
    spleen = np.maximum(abdomen.spleen(moved), abdomen.room(frame.points()))
    assert mean(spleen, whole, 12.0) == pytest.approx(viscera.spleen_hu, abs=12)
    assert at(frame, whole, (0.0, 40.0, -282.0)) == pytest.approx(20.0, abs=2)  # in the bowel
    assert at(frame, whole, (90.0, -20.0, -258.0)) == pytest.approx(viscera.vein_hu, abs=40)
    outside = abdomen.thorax.skin(frame.points(), abdomen.thorax.muscle_wall(frame.points())) > 20
    front = outside & (frame.points()[1] > 0)
    assert (whole.hu[front] == -1000.0).all()


def test_a_tumour_is_painted_and_labelled_where_it_lies(
    frame: Frame, abdomen: Abdomen, noise: list[ValueNoise], whole: Painter
) -> None:
    painter = paint(frame, abdomen, noise)
    points = np.stack(frame.points(), -1)
    centre = points[np.unravel_index(abdomen.liver(frame.points()).argmin(), frame.shape)]
    bumps, phases = np.zeros((1, 3)), np.zeros(1)
    painter.paint_tumour(Tumour(centre.astype(float), 24.0, bumps, phases, 0.0, 50.0, 50.0))
    away = np.linalg.norm(points - centre, axis=-1)
    inside = (away < 24.0) & (abdomen.liver(frame.points()) < -0.5)
    np.testing.assert_array_equal(painter.label == 2, inside)
    assert painter.hu[away == 0] == pytest.approx(50.0, abs=15)
    np.testing.assert_array_equal(painter.hu[away > 60], whole.hu[away > 60])


def test_organs_are_told_apart_and_hide_each_other_as_painted(
    frame: Frame, abdomen: Abdomen, whole: Painter
) -> None:
    points = frame.points()
    moved, room = abdomen.displace(points), abdomen.room(points)
    expected = np.zeros(frame.shape, np.uint8)
    expected[np.maximum(abdomen.spleen(moved), room) < 0] = 2
    expected[np.maximum(abdomen.stomach(moved), room) < 0] = 0
    for side in (0, 1):
        expected[abdomen.kidney(moved, side) < 0] = 3 + side
    expected[abdomen.liver(points) < 0] = 1
    np.testing.assert_array_equal(whole.organs, expected)
