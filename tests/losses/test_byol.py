"""BYOL's loss against the definition, its extreme values and its gradient."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from medssl.errors import UserError
from medssl.losses import BYOLLoss


def literal_loss(pred):
    """The two directions written out, pair by pair, as distances of unit vectors."""
    total = 0.0
    for row in pred:
        p1, p2, z1, z2 = (vector / vector.norm() for vector in row.chunk(4))
        total += float(((p1 - z2) ** 2).sum() + ((p2 - z1) ** 2).sum())
    return total / len(pred)


def test_against_the_definition_and_the_papers_form():
    pred = torch.randn(6, 4 * 8)
    loss = BYOLLoss()(pred)
    assert float(loss) == pytest.approx(literal_loss(pred), rel=1e-5)
    p1, p2, z1, z2 = pred.chunk(4, dim=1)
    paper = -2 * (F.cosine_similarity(p1, z2) + F.cosine_similarity(p2, z1)).mean()
    assert float(loss) == pytest.approx(float(paper) + 4, rel=1e-5)


def test_extreme_values():
    first, second = torch.randn(2, 5, 8)
    agreeing = torch.cat([first, second, 3 * second, 2 * first], dim=1)
    assert float(BYOLLoss()(agreeing)) == pytest.approx(0, abs=1e-5)
    opposite = torch.cat([first, second, -second, -first], dim=1)
    assert float(BYOLLoss()(opposite)) == pytest.approx(8, rel=1e-5)
    nothing = torch.cat([torch.zeros(5, 16), first, second], dim=1)
    assert float(BYOLLoss()(nothing)) == pytest.approx(4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_and_autocast_lose_nothing(dtype):
    pred = torch.randn(16, 64).to(dtype).requires_grad_()
    expected = BYOLLoss()(pred.detach().float())
    with torch.autocast("cpu", torch.bfloat16):
        loss = BYOLLoss()(pred)
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert pred.grad.isfinite().all()


def test_gradient_is_the_numerical_one_and_spares_the_projections():
    pred = torch.randn(3, 12).requires_grad_()
    BYOLLoss()(pred).backward()
    assert pred.grad[:, 6:].eq(0).all()
    step = 2e-3
    for row, column in ((0, 0), (1, 4), (2, 5)):
        shift = torch.zeros_like(pred)
        shift[row, column] = step
        up, down = (BYOLLoss()(pred.detach() + sign * shift) for sign in (1, -1))
        assert float(pred.grad[row, column]) == pytest.approx(float(up - down) / 2 / step, abs=2e-3)


def test_bad_shape_is_named():
    with pytest.raises(UserError, match=r"\(B, 4F\), got \(4, 6\)"):
        BYOLLoss()(torch.rand(4, 6))


def test_a_training_step_on_a_single_pair_is_refused():
    """Batch norm of two values is one up, one down, whatever they are: nothing common is left."""
    norm = torch.nn.BatchNorm1d(3)
    assert norm(torch.tensor([[5.0, 7, 1], [6, 9, 0]])).sum(0).abs().max() < 1e-5
    with pytest.raises(UserError, match=r"^batch_size: 1, expected 2 or more: "):
        BYOLLoss()(torch.rand(1, 8))
    with torch.no_grad():
        assert BYOLLoss()(torch.rand(1, 8)).isfinite()


def test_ranks_with_a_pair_each_share_their_batch_norm(monkeypatch):
    monkeypatch.setattr("medssl.losses.byol.idist.get_world_size", lambda: 2)
    assert BYOLLoss()(torch.ones(1, 8)).item() == pytest.approx(0, abs=1e-5)
