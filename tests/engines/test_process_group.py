"""Validation shared by ranks."""

import pytest
from monai.data import DistributedSampler

from medssl.engines import validation_sampler
from medssl.errors import UserError
from tests.helpers import on_two_ranks


def shares(rank):
    return list(validation_sampler(range(5)))


def refusal(rank):
    with pytest.raises(UserError) as caught:
        validation_sampler([None])
    return str(caught.value)


def test_every_sample_is_validated_once(tmp_path):
    first, second = on_two_ranks(shares, tmp_path)
    assert sorted(first + second) == list(range(5))
    assert abs(len(first) - len(second)) == 1


def test_shares_are_those_of_monais_sampler(tmp_path):
    of_monai = [
        list(DistributedSampler(range(5), False, num_replicas=2, rank=rank, shuffle=False))
        for rank in (0, 1)
    ]
    assert on_two_ranks(shares, tmp_path) == of_monai


def test_fewer_samples_than_ranks_are_refused_in_one_line(tmp_path):
    messages = on_two_ranks(refusal, tmp_path)
    assert messages[0] == messages[1]
    assert "1 sample(s) for 2 ranks" in messages[0]
    assert "--fractions" in messages[0]


def test_a_process_of_its_own_takes_every_sample():
    """As the doctor does, which builds the validation of a run of several ranks."""
    assert list(validation_sampler(range(5))) == list(range(5))
