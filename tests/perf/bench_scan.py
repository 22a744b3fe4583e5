"""How long the selective scan takes on this machine's CPU: every path beside the plain sequential one, in one run.

The size is that of 243 frames of 17 joints in SasMamba. The yardstick is the algorithm of mamba_ssm's
`selective_scan_ref`, which people without its CUDA kernels run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.ssm.selective import selective_scan

LENGTH, CHANNELS, STATES = 243 * 17, 128, 16


def measure() -> dict[str, float]:
    """Milliseconds (medians) at batch 1 and one direction, and how many times faster than the yardstick."""
    tensors = _inputs()
    expected = published_reference(*tensors)
    yardstick = _median_ms(lambda: published_reference(*tensors), 3)
    figures = {"algorithm of mamba_ssm's selective_scan_ref, ms": yardstick}
    given = torch.get_num_threads()
    for path, threads, repeats in (("torch", 1, 5), *(("numba", n, 30) for n in sorted({1, given}))):
        torch.set_num_threads(threads)
        name = f"{path}, {threads} thread{'s' if threads > 1 else ''}"
        with torch.no_grad():
            error = (selective_scan(*tensors, path=path) - expected).abs().max() / expected.abs().max()
            forward = _median_ms(lambda path=path: selective_scan(*tensors, path=path), repeats)
        tracked = [x.clone().requires_grad_() for x in tensors]
        both = _median_ms(lambda path=path, t=tracked: selective_scan(*t, path=path).sum().backward(), repeats)
        figures[f"{name}, ms"] = forward
        figures[f"{name}, times faster"] = yardstick / forward
        figures[f"{name}, forward and backward, ms"] = both
        figures[f"{name}, largest difference / largest output"] = float(error)
    torch.set_num_threads(given)
    return figures


@torch.no_grad()
def published_reference(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """One direction of one input: all decays and inflows first, then the loop, with a contraction at every position."""
    u, delta, B, C = (x[:, 0].transpose(1, 2).contiguous() for x in (u, delta, B, C))  # (Bt, ·, L) as in mamba_ssm
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, A[0]))
    inflow = torch.einsum("bdl,bnl,bdl->bdln", delta, B, u)
    state = torch.zeros_like(decay[:, :, 0])
    outputs = []
    for t in range(u.shape[2]):
        state = decay[:, :, t] * state + inflow[:, :, t]
        outputs.append(torch.einsum("bdn,bn->bd", state, C[:, :, t]))
    return (torch.stack(outputs, 2) + u * D[0, :, None]).transpose(1, 2)[:, None]


def _inputs() -> tuple[Tensor, ...]:
    torch.manual_seed(0)
    return (
        torch.randn(1, 1, LENGTH, CHANNELS),
        F.softplus(torch.randn(1, 1, LENGTH, CHANNELS) - 2),
        -torch.arange(1.0, STATES + 1).repeat(1, CHANNELS, 1),
        torch.randn(1, 1, LENGTH, STATES),
        torch.randn(1, 1, LENGTH, STATES),
        torch.ones(1, CHANNELS),
    )


def _median_ms(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * sorted(times)[repeats // 2]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
