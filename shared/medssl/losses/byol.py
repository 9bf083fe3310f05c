"""BYOL's loss (Grill et al. 2020, Eq. 2)."""

from __future__ import annotations

import ignite.distributed as idist
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..errors import UserError


class BYOLLoss(nn.Module):
    """Each view's prediction shall point where the target projects the other view.

    Squared distance on the unit sphere, ``2 - 2 cos``, for both directions, added up, in float32:
    ``4 - 2 [cos(p1, z2) + cos(p2, z1)]``, from 0 (agreement) over 4 (nothing in common) to 8. The
    paper leaves the 4 out; the gradient is the same.
    """

    def forward(self, pred: Tensor, target: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Mean loss of ``(B, 4F)``: predictions of both views, then projections of both.

        The projections get no gradient.

        Raises:
            UserError: the columns do not split into four, or a training step has a single pair:
                batch norm over two views takes away all that they have in common.
        """
        if torch.is_grad_enabled() and len(pred) * idist.get_world_size() < 2:
            raise UserError(
                f"batch_size: {len(pred)}, expected 2 or more: batch norm over a single pair "
                "leaves nothing that its views have in common"
            )
        if pred.ndim != 2 or pred.shape[1] % 4:
            raise UserError(
                f"BYOLLoss: expected (B, 4F), got {tuple(pred.shape)}; the network must return the "
                "predictions and the target's projections of two views side by side"
            )
        with torch.autocast(pred.device.type, enabled=False):
            vectors = F.normalize(pred.float().unflatten(1, (2, 2, -1)), dim=3)
            predictions, projections = vectors[:, 0], vectors[:, 1].detach()
            cosines = (predictions * projections.flip(1)).sum(dim=2)
            return (2 - 2 * cosines).sum(dim=1).mean()
