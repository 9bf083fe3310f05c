"""PCRL's transform: targets and codes agree, decisions have their rates, crops are corrupted."""

import numpy as np
import pytest
import torch
from scipy import stats

from medssl.channels import channel_to_numbers
from medssl.errors import UserError
from medssl.losses import PCRLLoss
from medssl.networks import PCRLNetwork
from medssl.pretext import PCRLPretext, control_codes, told_inputs
from medssl.random import fold
from medssl.transforms import gaussian_blur
from medssl.transforms.painting import hidden_voxels

SHAPE = (16, 16, 14)
SEEDS = torch.tensor([fold(7, 0, index) for index in range(3000)])
PARAMS = PCRLPretext().draw(SEEDS, (64, 64, 32))
CLEAN = PCRLPretext(painting_rate=0.0, blur_rate=0.0)


def crops(count=12):
    return torch.rand(count, 2, *SHAPE, generator=torch.Generator().manual_seed(1))


def undo(image, code):
    """Take a target ``(X, Y, Z)`` back by its seven-bit code."""
    flips, turns = code[:3], int(code[3:].argmax())
    turned_back = np.rot90(image, -turns, (0, 1))
    return np.flip(turned_back, [axis for axis in range(3) if flips[axis] == 1])


def test_codes_take_the_targets_back_to_the_clean_crops_and_their_mixture():
    inputs, targets = CLEAN(crops(), SEEDS[:12])
    numbers = channel_to_numbers(inputs[:, 2:], 22).numpy()
    seen = set()
    for sample, target, row in zip(inputs.numpy(), targets.numpy(), numbers):
        codes, share = row[:21].reshape(3, 7), row[21]
        assert set(np.unique(codes)) <= {0, 1}
        assert codes[:, 3:].sum(1).tolist() == [1, 1, 1]
        assert (undo(target[0], codes[0]) == sample[0]).all()
        assert (undo(target[1], codes[1]) == sample[1]).all()
        mixture = share * sample[0] + (1 - share) * sample[1]
        np.testing.assert_allclose(undo(target[2], codes[2]), mixture, atol=1e-6)
        seen |= {tuple(code) for code in codes}
    assert len(seen) > 12


def test_every_code_is_equally_likely_for_each_target_on_its_own():
    bits = torch.cat([PARAMS.target_flips.long(), PARAMS.target_turns[..., None]], dim=2)
    classes = (bits * torch.tensor([16, 8, 4, 1])).sum(2)
    for column in classes.T:
        counts = torch.bincount(column, minlength=32)
        assert len(counts) == 32
        assert stats.chisquare(counts.numpy()).pvalue > 1e-4
    correlation = torch.corrcoef(bits.flatten(1).double().T)
    assert (correlation - torch.eye(12)).abs().max() < 5 / 3000**0.5


def test_control_code_is_three_flips_and_one_hot_turns():
    code = control_codes(torch.tensor([[True, False, True]]), torch.tensor([2]))
    assert code.tolist() == [[1, 0, 1, 0, 0, 1, 0]]


def test_mixing_factor_is_the_larger_half_of_a_uniform_one():
    share = PARAMS.mixing.numpy()
    assert share.min() >= 0.5
    assert stats.kstest(share, stats.uniform(0.5, 0.5).cdf).pvalue > 1e-4
    beta = np.random.default_rng(0).beta(1, 1, 3000)
    assert stats.ks_2samp(share, np.maximum(beta, 1 - beta)).pvalue > 1e-4


def test_rates_and_what_the_two_crops_share():
    first, second = PARAMS.first, PARAMS.second
    assert torch.equal(first.painted, second.painted)
    assert torch.equal(first.boxes.outer, second.boxes.outer)
    flags = {
        0.9: first.painted,
        0.8: first.boxes.outer,
        0.4: torch.cat([first.blurred, second.blurred]),
        0.5: torch.cat([first.view.flips, second.view.flips]).flatten(),
    }
    for rate, values in flags.items():
        error = 4 * (rate * (1 - rate) / len(values)) ** 0.5
        assert values.double().mean() == pytest.approx(rate, abs=error)
    for view in (first.view, second.view):
        assert view.affine.degrees.abs().max() <= 10
        assert 0.9 <= view.affine.scales.min() <= view.affine.scales.max() <= 1.1
        assert 0 <= view.sigmas.min() <= view.sigmas.max() <= 2
    same = (first.boxes.starts == second.boxes.starts).flatten(1).all(1)
    assert same.double().mean() < 0.01


def test_independent_decisions_are_uncorrelated():
    columns = [PARAMS.first.painted, PARAMS.first.boxes.outer, PARAMS.mixing]
    for crop in (PARAMS.first, PARAMS.second):
        columns += [crop.blurred, crop.view.sigmas, crop.boxes.starts[:, 0, 0], *crop.view.flips.T]
    columns += [*PARAMS.target_flips.flatten(1).T, *PARAMS.target_turns.T]
    residual = torch.stack([column.double() for column in columns])
    outer = PARAMS.first.boxes.outer  # decides where boxes can start
    for kind in (outer, ~outer):
        for row in (5, 11):
            residual[row, kind] -= residual[row, kind].mean()
    correlation = torch.corrcoef(residual)
    assert (correlation - torch.eye(len(columns))).abs().max() < 5 / 3000**0.5


def test_boxes_have_the_size_of_their_kind():
    for crop in (PARAMS.first, PARAMS.second):
        sizes, outer = crop.boxes.sizes, crop.boxes.outer
        low, high = torch.tensor([28, 28, 14]), torch.tensor([37, 37, 19])
        assert ((sizes[outer] >= low) & (sizes[outer] <= high)).all()
        low, high = torch.tensor([10, 10, 5]), torch.tensor([21, 21, 10])
        assert ((sizes[~outer] >= low) & (sizes[~outer] <= high)).all()
        assert (crop.boxes.counts[outer] >= 1).all()


def test_crops_are_painted_then_blurred_and_targets_are_not():
    images, seeds = crops(40), SEEDS[:40]
    method = PCRLPretext(blur_rate=0.5, painting_rate=0.6)
    inputs, targets = method(images, seeds)
    clean, same = CLEAN(images, seeds)
    assert torch.equal(targets, same)
    painted, _ = PCRLPretext(blur_rate=0.0, painting_rate=0.6)(images, seeds)
    params = method.draw(seeds, SHAPE)
    for i, crop in enumerate((params.first, params.second)):
        hidden = hidden_voxels(crop.boxes, SHAPE, torch.device("cpu"))[:, 0]
        hidden &= crop.painted[:, None, None, None]
        assert torch.equal(painted[:, i] != clean[:, i], hidden)
        blurred = gaussian_blur(painted[:, i : i + 1], crop.view.sigmas)[:, 0]
        expected = torch.where(crop.blurred[:, None, None, None], blurred, painted[:, i])
        torch.testing.assert_close(inputs[:, i], expected)
        assert torch.equal(inputs[~crop.blurred, i], painted[~crop.blurred, i])


def test_batch_mates_do_not_matter_and_images_stay():
    images = crops()
    before = images.clone()
    together = PCRLPretext()(images, SEEDS[:12])
    alone = PCRLPretext()(images[5:6], SEEDS[5:6])
    for ours, theirs in zip(together, alone):
        torch.testing.assert_close(ours[5:6], theirs)
    assert torch.equal(images, before)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PCRLPretext(painting_rate=1.5), r"painting_rate.*1\.5"),
        (lambda: PCRLPretext(blur_rate=-0.1), r"blur_rate.*-0\.1"),
        (lambda: PCRLPretext(scale_range=(1.1, 0.9)), "scale_range"),
        (lambda: PCRLPretext()(torch.rand(1, 1, *SHAPE), SEEDS[:1]), "two crops.*got 1"),
        (lambda: PCRLPretext()(torch.rand(1, 2, 16, 14, 14), SEEDS[:1]), "equal sides.*16 and 14"),
        (lambda: PCRLPretext()(torch.rand(1, 2, 16, 16, 8), SEEDS[:1]), "at least 14 voxels"),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(UserError, match=message):
        build()


@pytest.mark.gpu
def test_gpu_and_cpu_agree():
    """Noise and decisions are the same on both; interpolation differs by rounding."""
    torch.manual_seed(0)
    images, network = torch.rand(6, 2, 16, 16, 16), PCRLNetwork(base_channels=2).eval()
    results = {}
    for device in ("cpu", "cuda"):
        inputs, targets = PCRLPretext()(images.to(device), SEEDS[:6])
        loss = PCRLLoss(queue_size=20, device=device)
        network.to(device)
        losses = [loss(network(inputs), targets).item() for _ in range(3)]
        results[device] = inputs.cpu(), targets.cpu(), torch.tensor(losses)
    for ours, theirs in zip(results["cuda"], results["cpu"]):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_copying_as_told_restores_what_is_not_corrupted():
    pretext = PCRLPretext(painting_rate=0, blur_rate=0)
    images = torch.rand(3, 2, 16, 16, 16, generator=torch.Generator().manual_seed(3))
    inputs, targets = pretext(images, torch.arange(3))
    torch.testing.assert_close(told_inputs(inputs), targets)
