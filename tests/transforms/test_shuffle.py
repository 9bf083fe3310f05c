"""Local shuffling against the loop it stands for."""

import numpy as np
import pytest
import torch

from medssl.errors import UserError
from medssl.transforms import local_shuffle, shuffle
from medssl.transforms.noise import random_words

SHAPE = (40, 40, 20)
WINDOWS = 1500


def places(count, shape=SHAPE):
    """Images whose voxels hold their own flat index."""
    voxels = int(np.prod(shape))
    return torch.arange(voxels).reshape(1, 1, *shape).expand(count, -1, -1, -1, -1).double()


def literal_shuffle(image, windows, rng):
    """Window after window, from the original image to the output."""
    out = image.copy()
    for _ in range(windows):
        size = [rng.integers(1, side // 10 + 1) for side in image.shape]
        start = [rng.integers(0, side - s + 1) for side, s in zip(image.shape, size)]
        box = tuple(slice(a, a + s) for a, s in zip(start, size))
        content = image[box].flatten()
        rng.shuffle(content)
        out[box] = content.reshape(size)
    return out


def displacements(shuffled, shape=SHAPE):
    """How far each value moved, along x, y and z, ``(3, voxels)``."""
    target = np.indices(shape).reshape(3, -1)
    source = np.array(np.unravel_index(shuffled.astype(int).flatten(), shape))
    return source - target


def test_displacements_are_distributed_as_in_the_loop():
    rng = np.random.default_rng(0)
    image = places(1)[0, 0].numpy()
    literal = np.stack([displacements(literal_shuffle(image, WINDOWS, rng)) for _ in range(40)])
    shuffled = local_shuffle(places(40), torch.arange(40), WINDOWS)
    ours = np.stack([displacements(cube[0].numpy()) for cube in shuffled])
    changed = [(moves != 0).any(1).mean(1) for moves in (literal, ours)]
    error = np.hypot(*(rates.std() for rates in changed)) / 40**0.5
    assert abs(changed[0].mean() - changed[1].mean()) < 4 * error
    for axis, reach in enumerate((3, 3, 1)):
        for step in range(-reach - 1, reach + 2):
            rates = [(moves[:, axis] == step).mean(1) for moves in (literal, ours)]
            error = np.hypot(*(rate.std() for rate in rates)) / 40**0.5
            assert abs(rates[0].mean() - rates[1].mean()) <= 4.5 * error
            if abs(step) > reach:
                assert rates[1].max() == 0


def test_permutations_of_one_window_are_equally_likely():
    # Sides 1 to 3 along x, 1 along y and z: permutations of one, two or three voxels in a line.
    shape, count = (30, 10, 10), 4000
    moved = local_shuffle(places(count, shape), torch.arange(count), windows=1).flatten(1)
    steps = (moved - places(1, shape).flatten(1)) / 100
    changed = (steps != 0).sum(1)
    near = (changed == 2) & (steps.abs().amax(1) == 1)
    far = (changed == 2) & (steps.abs().amax(1) == 2)
    forward = (changed == 3) & (steps.amax(1) == 2)
    backward = (changed == 3) & (steps.amin(1) == -2)
    shares = [float(case.double().mean()) for case in (near, far, forward, backward)]
    # Size 2 swaps one time in two; of size 3's six permutations two are swaps of neighbours, one
    # swaps the ends and two are cycles.
    expected = [1 / 6 + 1 / 9, 1 / 18, 1 / 18, 1 / 18]
    assert shares == pytest.approx(expected, abs=4.5 * (0.25 / count) ** 0.5)


def test_orders_of_places_are_equally_likely():
    volume, count = 12, 60_000
    words = random_words(torch.tensor([7]), count, "test", "cpu")[0]
    places = torch.arange(volume * count)
    taken = shuffle._permute_within(torch.full((count,), volume), words).reshape(count, volume)
    assert torch.equal(taken.sort(1).values, places.reshape(count, volume))
    taken = taken % volume
    for first, second in ((0, 1), (0, 6), (3, 11)):
        joint = torch.bincount(taken[:, first] * volume + taken[:, second], minlength=volume**2)
        joint = joint.reshape(volume, volume)[~torch.eye(volume, dtype=torch.bool)]
        expected = count / (volume * (volume - 1))
        # Chi-square with 131 degrees of freedom, p = 1e-4.
        assert ((joint - expected) ** 2 / expected).sum() < 197


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64, torch.int16])
def test_the_loop_and_the_tensor_operations_agree(dtype):
    images = torch.arange(3 * 2 * 71 * 50 * 33).reshape(3, 2, 71, 50, 33).to(dtype)
    seeds = torch.tensor([1, 1 << 62, 3])
    for view in (images, images.transpose(2, 3)):  # contiguous or not
        expected = shuffle._shuffle_on_device(view, seeds, 700)
        assert torch.equal(local_shuffle(view, seeds, 700), expected)


def test_one_window_keeps_its_content_and_touches_nothing_else():
    images = places(200)
    shuffled = local_shuffle(images, torch.arange(200), windows=1)
    assert torch.equal(shuffled.flatten(1).sort(1).values, images.flatten(1))
    for cube in shuffled:
        changed = torch.nonzero(cube[0] != images[0, 0])
        if len(changed):
            extent = changed.amax(0) - changed.amin(0) + 1
            assert (extent <= torch.tensor([4, 4, 2])).all()
    assert (shuffled != images).any((1, 2, 3, 4)).double().mean() > 0.8


def test_every_place_is_reached():
    shape = (20, 20, 20)
    changed = (local_shuffle(places(60, shape), torch.arange(60), 500) != places(1, shape)).double()
    profile = changed.mean((0, 1, 3, 4))
    # Half as many windows of side 2 reach the border as reach the middle.
    assert float(profile.min()) > 0.5 * float(profile.max())


def test_channels_share_the_permutation_and_the_batch_size_changes_nothing(monkeypatch):
    images = torch.cat([places(5), places(5) * 2], dim=1).float()
    seeds = torch.tensor([4, 8, 15, 16, 23])
    together = local_shuffle(images, seeds, WINDOWS)
    assert torch.equal(together[:, 0] * 2, together[:, 1])
    alone = torch.cat(
        [local_shuffle(images[i : i + 1], seeds[i : i + 1], WINDOWS) for i in range(5)]
    )
    assert torch.equal(together, alone)
    for pairs in (1, 30_000, 1 << 30):
        monkeypatch.setattr(shuffle, "_PAIRS_AT_ONCE", pairs)
        assert torch.equal(together, shuffle._shuffle_on_device(images, seeds, WINDOWS))


def test_small_crops_are_refused():
    with pytest.raises(UserError, match="crop_size"):
        local_shuffle(torch.rand(1, 1, 20, 20, 9), torch.tensor([0]))


@pytest.mark.gpu
def test_the_gpu_shuffles_alike():
    images, seeds = places(3), torch.tensor([1, 2, 3])
    ours = local_shuffle(images.cuda(), seeds, WINDOWS).cpu()
    assert torch.equal(ours, local_shuffle(images, seeds, WINDOWS))
