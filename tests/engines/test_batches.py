"""From stored crops to network inputs: window, equaliser, transform."""

import pytest
import torch

from medssl.engines import ClassificationBatch, PretextBatch, SegmentationBatch, apply_window
from medssl.errors import UserError
from medssl.transforms import Augmentation, SharpnessEqualiser

CPU = torch.device("cpu")


def test_window_maps_the_ends_and_clips():
    hu = torch.tensor([-3000, -1000, 0, 500, 1000, 3000], dtype=torch.int16)
    assert apply_window(hu, (-1000, 1000)).tolist() == [0, 0, 0.5, 0.75, 1, 1]
    assert apply_window(torch.tensor([-200.0, 0, 200]), (-200, 200)).tolist() == [0, 0.5, 1]


def test_window_leaves_its_input_alone():
    hu = torch.tensor([-5000.0, 5000.0])
    apply_window(hu, (-1000, 1000))
    assert hu.tolist() == [-5000, 5000]


@pytest.mark.parametrize("bad", [(0, 0), (5, -5), (1, 2, 3)])
def test_a_window_must_increase(bad):
    with pytest.raises(UserError, match="window"):
        SegmentationBatch(bad)


def test_pretext_batch_equalises_the_windowed_images_first():
    generator = torch.Generator().manual_seed(0)
    hu = torch.randint(-800, 800, (2, 1, 12, 12, 12), generator=generator, dtype=torch.int16)
    pitch, seeds = torch.tensor([[0.7, 0.7, 2.5]] * 2), torch.tensor([3, 4])
    equaliser = SharpnessEqualiser(2)
    prepare = PretextBatch(lambda images, seeds: (images, seeds), (-1000, 1000), equaliser)
    batch = {"image": hu, "seed": seeds, "pitch": pitch}
    images, _ = prepare(batch, torch.device("cpu"))
    assert images.shape == (2, 1, 8, 8, 8)
    assert images.equal(equaliser(apply_window(hu, (-1000, 1000)), pitch, seeds))
    del batch["pitch"]
    with pytest.raises(UserError, match=r"equalise: .*native_spacing_mm.*--equalise False"):
        prepare(batch, torch.device("cpu"))


def test_pretext_batch_hands_windowed_images_and_seeds_to_the_transform():
    seen = {}

    def transform(images, seeds):
        seen.update(images=images, seeds=seeds)
        return images, seeds

    batch = {
        "image": torch.full((2, 1, 4, 4, 4), -500, dtype=torch.int16),
        "seed": torch.tensor([3, 4]),
    }
    PretextBatch(transform, (-1000, 1000))(batch, torch.device("cpu"), True)
    assert seen["images"].unique().tolist() == [0.25]
    assert seen["seeds"].tolist() == [3, 4]


def test_int16_on_the_cpu_and_floats_take_two_ways_to_one_result():
    """The compiled loop for stored crops, also for those that are not contiguous."""
    hu = torch.arange(-1500, 1500, 7, dtype=torch.int16)[:420].reshape(2, 1, 5, 6, 7)
    for view in (hu, hu.transpose(2, 4), hu[:, :, ::2]):
        assert torch.allclose(
            apply_window(view, (-900, 300)), apply_window(view.float(), (-900, 300)), atol=1e-6
        )


def batch(count=3):
    labels = torch.zeros(count, 1, 6, 6, 6, dtype=torch.uint8)
    labels[:, :, 1:3, 2:5, 3:6] = 1
    hu = labels.to(torch.int16) * 2000 - 1000
    return {"image": hu, "label": labels, "seed": torch.arange(count)}


def test_segmentation_moves_image_and_label_together_and_evaluation_moves_nothing():
    images, labels = SegmentationBatch((-1000, 1000))(batch(), CPU)
    assert torch.equal(images, labels)
    assert labels.dtype == torch.float32
    augment = Augmentation("S1")
    moved, moved_labels = SegmentationBatch((-1000, 1000), augment)(batch(32), CPU)
    assert torch.equal(moved, moved_labels)
    assert not torch.equal(moved, SegmentationBatch((-1000, 1000))(batch(32), CPU)[0])
    again, _ = SegmentationBatch((-1000, 1000), augment)(batch(32), CPU)
    assert torch.equal(moved, again)


@pytest.mark.parametrize("label", [torch.arange(32) % 2, (torch.arange(32) % 2).float()[:, None]])
def test_classification_leaves_the_labels_as_they_are_and_moves_the_cube_alone(label):
    """Numbers of classes, or one float for two of them."""
    data = {**batch(32), "label": label}
    images, labels = ClassificationBatch((-1000, 1000))(data, CPU)
    assert torch.equal(labels, label)
    assert labels.dtype == label.dtype
    moved, moved_labels = ClassificationBatch((-1000, 1000), Augmentation("S1"))(data, CPU)
    assert torch.equal(moved_labels, labels)
    assert not torch.equal(moved, images)
    assert torch.equal(moved.flatten(1).sort().values, images.flatten(1).sort().values)
