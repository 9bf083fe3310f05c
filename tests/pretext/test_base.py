"""What holds for every pretext transform."""

import pytest
import torch

from medssl.errors import UserError
from medssl.pretext import (
    AutoencoderPretext,
    ModelsGenesisPretext,
    RotationPretext,
    SimCLRPretext,
)
from medssl.random import fold

CASES = {
    "rotation": (RotationPretext(), (1, 16, 16, 16)),
    "autoencoder": (AutoencoderPretext(), (1, 20, 20, 16)),
    "models_genesis": (ModelsGenesisPretext(windows=300), (1, 20, 20, 16)),
    "simclr": (SimCLRPretext(), (2, 20, 20, 16)),
}


@pytest.fixture(params=CASES)
def case(request):
    """Transform, images, seeds."""
    transform, shape = CASES[request.param]
    images = torch.rand(12, *shape, generator=torch.Generator().manual_seed(1))
    return transform, images, torch.tensor([fold(7, 0, index) for index in range(12)])


def same(first, second, atol=0.0):
    return all(
        torch.allclose(a.float(), b.float(), rtol=0, atol=atol) for a, b in zip(first, second)
    )


def test_the_same_seeds_give_the_same_and_others_give_others(case):
    transform, images, seeds = case
    assert same(transform(images, seeds), transform(images, seeds))
    assert not same(transform(images, seeds)[:1], transform(images, seeds + 1)[:1])


def test_global_random_state_is_neither_read_nor_moved(case):
    transform, images, seeds = case
    torch.manual_seed(0)
    first, state = transform(images, seeds), torch.get_rng_state()
    torch.manual_seed(1)
    assert same(first, transform(images, seeds))
    torch.manual_seed(0)
    assert torch.equal(state, torch.get_rng_state())


def test_a_sample_does_not_depend_on_its_batch_mates(case):
    transform, images, seeds = case
    together = transform(images, seeds)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(2))[:5]
    some = transform(images[order], seeds[order])
    # Matrix products may round differently in another batch, nothing else may.
    assert same([part[order] for part in together], some, atol=1e-6)


def test_images_are_not_modified(case):
    transform, images, seeds = case
    before = images.clone()
    inputs, targets = transform(images, seeds)
    inputs.mul_(0)
    if targets.is_floating_point():
        targets.mul_(0)
    assert torch.equal(images, before)


def test_inputs_stay_in_range_and_type(case):
    transform, images, seeds = case
    inputs, _ = transform(images, seeds)
    assert inputs.shape == images.shape
    assert float(inputs.min()) >= 0
    assert float(inputs.max()) <= 1 + 1e-6
    for dtype in (torch.bfloat16, torch.float16):
        assert transform(images.to(dtype), seeds)[0].dtype == dtype


def test_bad_input_is_named(case):
    transform, images, seeds = case
    with pytest.raises(UserError, match=r"images.*int16.*window"):
        transform(images.to(torch.int16), seeds)
    with pytest.raises(UserError, match=r"expected floats \(B, C, X, Y, Z\)"):
        transform(images[0], seeds)
    with pytest.raises(UserError, match="one per image"):
        transform(images, seeds[:3])


@pytest.mark.gpu
def test_the_gpu_decides_and_computes_alike(case):
    transform, images, seeds = case
    inputs, targets = transform(images, seeds)
    on_gpu = transform(images.cuda(), seeds.cuda())
    assert on_gpu[0].is_cuda
    assert on_gpu[1].is_cuda
    assert torch.allclose(on_gpu[0].cpu(), inputs, atol=1e-4)
    assert torch.allclose(on_gpu[1].cpu().float(), targets.float(), atol=1e-6)
