"""Probes of frozen features: what they find, what they must not find, and their intervals."""

import numpy as np
import pytest
import torch

from medssl.analysis import Features, compare, embed, probe
from medssl.analysis.probe import NEIGHBOURS, PENALTIES, _folds, encode
from medssl.errors import UserError
from medssl.networks import UNet3D


def features(rng, patients, each=6, shift=0.0, width=16, name="p"):
    """Gaussian features; the classes are moved by ``shift`` along every axis, 0 down and 1 up."""
    labels = np.tile([0, 1], patients * each // 2)
    values = rng.normal(size=(len(labels), width)) + shift * (2 * labels[:, None] - 1)
    owners = tuple(f"{name}{i // each}" for i in range(len(labels)))
    return Features(values.astype(np.float32), labels, owners)


def test_separable_classes_are_found_and_the_setting_is_named():
    rng = np.random.default_rng(0)
    linear, neighbours = probe("x", features(rng, 12, shift=2), features(rng, 8, shift=2, name="q"))
    assert linear.auc.mean == neighbours.auc.mean == 1
    assert float(linear.classifier.removeprefix("linear, C ")) in PENALTIES
    assert int(neighbours.classifier.removeprefix("kNN, k ")) in NEIGHBOURS


def test_shuffled_labels_give_one_half():
    """Mean over repetitions, as a single AUC of 96 crops varies by 0.06."""
    rng = np.random.default_rng(1)
    train, test = features(rng, 8, shift=2), features(rng, 16, shift=2, name="q")
    found = []
    for _ in range(8):
        shuffled = [
            Features(f.values, rng.permutation(f.labels), f.patients) for f in (train, test)
        ]
        found.append([score.auc.mean for score in probe("x", *shuffled)])
    assert np.mean(found, axis=0) == pytest.approx([0.5, 0.5], abs=0.06)


def test_no_patient_is_on_both_sides_of_a_fold():
    train = features(np.random.default_rng(3), 9)
    folds = _folds(train, 0)
    assert len(folds) == 5
    owners = np.asarray(train.patients)
    for kept, left in folds:
        assert not set(owners[kept]) & set(owners[left])
        assert set(train.labels[left]) == set(train.labels[kept]) == {0, 1}
    assert sorted(np.concatenate([left for _, left in folds])) == list(range(len(owners)))


@pytest.mark.filterwarnings("error")
def test_a_class_of_few_crops_makes_fewer_folds():
    """No fold without it, and no remark of the library's own on it."""
    train = features(np.random.default_rng(3), 9)
    labels = np.isin(np.arange(len(train.labels)), [0, 30]).astype(np.int64)
    folds = _folds(Features(train.values, labels, train.patients), 0)
    assert [labels[left].sum() for _, left in folds] == [1, 1]


def test_features_that_name_the_patient_do_not_help_the_choice():
    """Crops of a patient are copies: with folds over crops one neighbour would look perfect."""
    rng = np.random.default_rng(4)
    patients, each = 40, 5
    labels = np.repeat(rng.permutation(np.tile([0, 1], patients // 2)), each)
    owners = np.repeat([f"p{i:02}" for i in range(patients)], each)
    values = np.repeat(rng.normal(size=(patients, 16)), each, axis=0)
    values += 0.01 * rng.normal(size=values.shape) + 0.25 * (2 * labels[:, None] - 1)
    train = Features(values.astype(np.float32), labels, tuple(owners))
    test = features(rng, 20, shift=0.25, name="q")
    _, neighbours = probe("x", train, test)
    assert int(neighbours.classifier.removeprefix("kNN, k ")) >= 5


def crops(patients, name, brightness=0.3, seed=0):
    """Batches of (images, labels, patients); class 1 has a bright ball of varying place."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for number in range(patients):
        images = 0.2 * torch.rand(4, 1, 16, 16, 16, generator=generator)
        labels = torch.tensor([0, 1, 0, 1])
        x, y, z = torch.randint(2, 10, (3,), generator=generator).tolist()
        images[1::2, :, x : x + 4, y : y + 4, z : z + 4] += brightness
        found.append((images, labels, [f"{name}{number}"] * 4))
    return found


def test_embedding_is_the_pooled_deepest_level_in_eval_mode():
    network = UNet3D(base_channels=2)
    batches = crops(3, "p")
    found = embed(network.encoder.train(), batches)
    assert not network.encoder.training
    assert found.values.shape == (12, 32)
    expected = network.encoder(batches[1][0])[-1].mean((2, 3, 4)).detach().numpy()
    assert np.array_equal(found.values[4:8], expected)
    assert found.labels.tolist() == [0, 1] * 6
    assert found.patients[4:8] == ("p1",) * 4
    assert not any("num_batches" in n and v for n, v in network.encoder.state_dict().items())


def test_pretrained_and_untrained_features_are_compared_on_the_same_crops(tmp_path):
    torch.manual_seed(1)
    source = UNet3D(base_channels=2)
    torch.save(source.state_dict(), tmp_path / "model.pt")
    torch.manual_seed(0)
    network = UNet3D(base_channels=2)
    own = embed(network.encoder, crops(8, "p")), embed(network.encoder, crops(6, "q", seed=1))
    found = compare(network, tmp_path / "model.pt", crops(8, "p"), crops(6, "q", seed=1))
    handed = embed(source.encoder, crops(8, "p")), embed(source.encoder, crops(6, "q", seed=1))
    assert found.scores == (*probe("pretrained", *handed), *probe("untrained", *own))
    assert (found.crops, found.patients) == ((32, 24), (8, 6))
    assert str(found).count("AUC 1.000") + str(found).count("AUC 0.") == 4
    assert max(score.auc.mean for score in found.scores) > 0.9


def sets(train_patients=4, labels=None):
    rng = np.random.default_rng(6)
    train, test = features(rng, train_patients), features(rng, 4, name="q")
    if labels is not None:
        train = Features(train.values, np.full_like(train.labels, labels), train.patients)
    return train, test


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (sets(1)[0], sets()[1], r"training crops: crops of class 0 in 1 patient\(s\)"),
        (sets(4, labels=1)[0], sets()[1], r"training crops: crops of class 0 in 0 patient\(s\)"),
        (sets()[0], sets()[0], "patient 'p0' is in the training and in the test crops"),
        (sets()[1], sets(4, labels=0)[0], "test crops: crops of class 1 in 0"),
    ],
)
def test_unusable_sets_are_told_in_one_line(train, test, message):
    with pytest.raises(UserError, match=message) as caught:
        probe("x", train, test)
    assert "\n" not in str(caught.value)


def test_other_labels_and_no_crop_are_refused():
    rng = np.random.default_rng(7)
    train, test = features(rng, 4), features(rng, 4, name="q")
    graded = Features(train.values, train.labels + (np.arange(24) == 3), train.patients)
    with pytest.raises(UserError, match=r"labels \[0, 1, 2\], expected 0 and 1"):
        probe("x", graded, test)
    with pytest.raises(UserError, match="batches: no crop"):
        embed(UNet3D(base_channels=2).encoder, [])


@pytest.mark.parametrize("shape", [(6, 6, 6), (8, 8, 7)])
def test_a_crop_that_the_encoder_makes_nothing_of_is_refused(shape):
    encoder = UNet3D(base_channels=2).encoder
    with pytest.raises(UserError, match=r"^crop_size: \[\d, \d, \d\], expected 8 voxels or more"):
        encode(encoder, torch.rand(1, 1, *shape))
    assert encode(encoder, torch.rand(2, 1, 8, 8, 8)).shape == (2, 32)
