"""The diagonal state space model (DSSM) of HumMUSS: one linear, time-invariant SSM per channel.

    x'(t) = A x(t) + B u(t),   y(t) = C x(t) + D u(t),   A = diag(λ),  B = 1          (HumMUSS, section 3)

discretised by zero-order hold with step Δ. Three ways to evaluate the same thing live here; the plain
recurrence `DiagonalSSM.scan` is the reference that the others are tested against:

    scan       frame by frame, any sampling         (reference; `step` is one turn of it)
    forward    whole sequence                       (product with `matrix`, or FFT convolution)
    chunk      a piece of a sequence, state carried (the above inside the piece)

Shapes: B batch, L length, H channels, N state size counting both halves of the conjugate pairs (N/2 stored).
`rate` is the elapsed time in units of the training step: Δ' = rate · Δ. A float is uniform sampling; an (L,) tensor
holds, for each sample, the time since the sample before it (specification ssm.md, section 1.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeGuard, TypeVar, cast

import torch
from torch import Tensor, nn

TOEPLITZ_LIMIT = 100
"""Longest sequence that is multiplied by its kernel's Toeplitz matrix; longer ones go through the FFT.

The matrix product wins while the matrices stay small (on a CPU, batch 1: ahead at 81 frames, behind at 128, 5 times
slower at 1000)."""

LOG_DECAY_RANGE = (math.log(1e-4), math.log(1e4))
"""Re λ stays between -1e4 and -1e-4 so that 1/λ is finite (the S4 code clips at the same lower bound)."""

IRREGULAR_PIECE = 32
"""Frames per dense piece of a long irregular sequence in training; 16 to 96 take about as long, memory grows."""

Rate = float | Tensor

Result = TypeVar("Result")


class DiagonalSSM(nn.Module):
    """H independent diagonal SSMs with N states each (2N + 2 parameters per channel).

    Parameters (all real, so that optimisers and mixed precision never see complex numbers):
    log_decay (H, N/2)  log of -Re λ        frequency (H, N/2)  Im λ
    output (H, N/2, 2)  C as (re, im)       log_step (H,)  log Δ        skip (H,)  D

    Initialisation: S4D-Lin (λ_n = -1/2 + iπn), C complex standard normal, D standard normal, Δ log-uniform in
    [step_min, step_max]. HumMUSS's own is in an unpublished supplement; this is the specification's default.
    """

    def __init__(self, channels: int, states: int, *, step_min: float = 1e-3, step_max: float = 1e-1) -> None:
        super().__init__()
        if states < 2 or states % 2:
            raise ValueError(f"states must be even and at least 2 (conjugate pairs), got {states}")
        half = states // 2
        self.channels, self.states = channels, states
        self.log_decay = nn.Parameter(torch.full((channels, half), math.log(0.5)))
        self.frequency = nn.Parameter(math.pi * torch.arange(half, dtype=torch.get_default_dtype()).repeat(channels, 1))
        self.output = nn.Parameter(torch.randn(channels, half, 2))
        span = math.log(step_max) - math.log(step_min)
        self.log_step = nn.Parameter(math.log(step_min) + span * torch.rand(channels))
        self.skip = nn.Parameter(torch.randn(channels))
        self._memory: dict[str, tuple[tuple[object, ...], object]] = {}

    @property
    def macs_per_place(self) -> int:
        """N / 2 complex states per channel: decay (4), input (2), readout (2); and the skip."""
        return self.channels * (4 * self.states + 1)

    # -- discretisation ---------------------------------------------------------------------------------

    def poles(self) -> Tensor:
        """(H, N/2) complex continuous-time poles λ, Re λ < 0 always."""
        return torch.complex(-torch.exp(self.log_decay.clamp(*LOG_DECAY_RANGE)), self.frequency)

    def readout(self) -> Tensor:
        """(H, N/2) complex C."""
        return torch.view_as_complex(self.output)

    def discretise(self, rate: Rate = 1.0) -> tuple[Tensor, Tensor]:
        """Zero-order hold over rate · Δ: (exp(λΔ), (exp(λΔ) - 1)/λ), complex (..., H, N/2); equation 2.

        A rate tensor adds its own axes in front.
        """
        if isinstance(rate, Tensor):
            return self._discretised(rate)
        return self._remembered("step", lambda: self._discretised(rate), rate)

    def _discretised(self, rate: Rate) -> tuple[Tensor, Tensor]:
        poles = self.poles()
        step = torch.exp(self.log_step)[:, None]
        if isinstance(rate, Tensor):
            rate = rate.to(step)[..., None, None]
        exponent = poles * (step * rate)
        return torch.exp(exponent), complex_expm1(exponent) / poles

    def kernel(self, length: int, rate: float = 1.0) -> Tensor:
        """(H, L) real convolution kernel: K[l] = 2 Re Σ_n C_n B̄_n exp(λ_n Δ l), without the skip term D."""
        poles = self.poles()
        step = (torch.exp(self.log_step) * rate)[:, None]
        exponent = poles * step
        weight = self.readout() * complex_expm1(exponent) / poles
        lags = torch.arange(length, device=step.device, dtype=step.dtype)
        # real arithmetic: the decay and the angle separately cost half of a complex exponential
        angle = exponent.imag[..., None] * lags
        decay = torch.exp(exponent.real[..., None] * lags)
        wave = weight.real[..., None] * torch.cos(angle) - weight.imag[..., None] * torch.sin(angle)
        return 2 * (decay * wave).sum(1)

    def toeplitz(self, length: int, rate: float = 1.0) -> Tensor:
        """(H, L, L): the whole layer as a matrix along L, skip term included."""

        def build() -> Tensor:
            kernel = self.kernel(length, rate)
            return toeplitz(torch.cat([kernel[:, :1] + self.skip[:, None], kernel[:, 1:]], 1))

        return self._remembered("toeplitz", build, length, rate)

    def propagator(self, gaps: Tensor) -> Tensor:
        """(H, L, L): `toeplitz` for a gap τ (L,) before each frame (specification ssm.md, section 1.5).

        M[k, j] = 2 Re Σ_n C_n B̄_n(τ_j) exp(λ_n Δ (t_k - t_j)) for j <= k, t the running sum of τ. Only the decay is
        an exponential on the (L, L) grid: as factors of t_k and t_j it would overflow; the wave does not.
        """
        gaps = gaps.to(self.log_step)
        exponent = self.poles() * torch.exp(self.log_step)[:, None]
        _, gain = self._discretised(gaps)  # (L, H, N/2)
        times = torch.cumsum(gaps, 0)
        elapsed = (times[:, None] - times).clamp_min(0)
        decay = torch.exp(exponent.real[..., None, None] * elapsed)  # (H, N/2, L, L)
        angle = exponent.imag[..., None] * times
        cos, sin = torch.cos(angle), torch.sin(angle)
        weight = (self.readout() * gain).permute(1, 2, 0)
        # weight · exp(-i angle) of the sample, exp(i angle) of the output; the real part of their product
        real = weight.real * cos + weight.imag * sin
        imaginary = weight.imag * cos - weight.real * sin
        wave = cos[..., None] * real[..., None, :] - sin[..., None] * imaginary[..., None, :]
        return 2 * (decay * wave).sum(1).tril() + torch.diag_embed(self.skip[:, None].expand(-1, len(gaps)))

    def matrix(self, length: int, rate: Rate) -> Tensor:
        """(H, L, L): the whole layer as a matrix along L, whatever the sampling; worth it where `by_matrix`."""
        return self.propagator(rate) if irregular(rate) else self.toeplitz(length, float(rate))

    # -- whole sequence ---------------------------------------------------------------------------------

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """(B, L, H) -> (B, L, H), starting from a zero state. rate: float, or (L,) for irregular sampling."""
        if by_matrix(u.shape[1], rate):
            return torch.bmm(self.matrix(u.shape[1], rate), u.permute(2, 1, 0)).permute(2, 1, 0)
        if irregular(rate):
            return self.chunk(u, self.initial_state(len(u)), rate)[0]
        return convolve_fft(u, self.kernel(u.shape[1], float(rate))) + self.skip * u

    # -- recurrent --------------------------------------------------------------------------------------

    def initial_state(self, batch: int) -> Tensor:
        """(B, H, N/2) complex zeros."""
        zero = torch.zeros(batch, *self.log_decay.shape, dtype=self.log_decay.dtype, device=self.log_decay.device)
        return torch.complex(zero, zero)

    def step(self, u: Tensor, state: Tensor, rate: Rate = 1.0) -> tuple[Tensor, Tensor]:
        """One frame: u (B, H), state (B, H, N/2) -> y (B, H), new state. rate: time since the last frame."""
        decay, gain = self.discretise(rate)
        state = decay * state + gain * u[..., None]
        return 2 * (self.readout() * state).sum(-1).real + self.skip * u, state

    def scan(self, u: Tensor, state: Tensor | None = None, rate: Rate = 1.0) -> tuple[Tensor, Tensor]:
        """The reference: `step` over every frame of u (B, L, H); returns y (B, L, H) and the last state."""
        state = self.initial_state(len(u)) if state is None else state
        rates = rate if irregular(rate) else torch.full((u.shape[1],), float(rate))
        out = []
        for k in range(u.shape[1]):
            y, state = self.step(u[:, k], state, rates[k])
            out.append(y)
        return torch.stack(out, 1), state

    def chunk(self, u: Tensor, state: Tensor, rate: Rate = 1.0) -> tuple[Tensor, Tensor]:
        """A piece of a sequence with the state carried in and out: (B, L, H), (B, H, N/2) -> the same shapes."""
        if irregular(rate):
            return self._dense_pieces(u, state, rate) if torch.is_grad_enabled() else self._loop(u, state, rate)
        length = u.shape[1]
        poles, readout = self.poles(), self.readout()
        exponent = poles * (torch.exp(self.log_step) * float(rate))[:, None]
        gain = complex_expm1(exponent) / poles
        lags = torch.arange(length, device=u.device, dtype=u.dtype)
        powers = torch.exp(exponent[..., None] * lags)  # (H, N/2, L): exp(λΔ l)
        carried = torch.einsum("hn,hnl,bhn->blh", readout * torch.exp(exponent), powers, state)
        y = self.forward(u, rate) + 2 * carried.real
        inflow = torch.einsum("hnl,blh->bhn", powers.flip(-1), u.to(powers.dtype))
        return y, torch.exp(exponent * length) * state + gain * inflow

    def _loop(self, u: Tensor, state: Tensor, gaps: Tensor) -> tuple[Tensor, Tensor]:
        """`chunk` for a gap (L,) per frame: the recurrence, with everything but the recurrence taken out of the loop.

        In a small batch without gradients this beats the dense (L, L) propagator.
        """
        decay, gain = self.discretise(gaps)
        inflow = (gain * u[..., None]).unbind(1)
        states = []
        for decay_k, inflow_k in zip(decay.unbind(0), inflow, strict=True):
            state = torch.addcmul(inflow_k, decay_k, state)
            states.append(state)
        y = torch.einsum("hn,blhn->blh", self.readout(), torch.stack(states, 1)).real
        return 2 * y + self.skip * u, state

    def _dense_pieces(self, u: Tensor, state: Tensor, gaps: Tensor) -> tuple[Tensor, Tensor]:
        """`_loop` for training: propagators of short pieces, the state carried between them.

        The memory of a step per frame and sequence, and its autograd graph, are what makes the loop slow there.
        """
        exponent = self.poles() * torch.exp(self.log_step)[:, None]
        gaps = gaps.to(self.log_step)
        outputs = []
        for piece, piece_gaps in zip(
            torch.split(u, IRREGULAR_PIECE, 1), torch.split(gaps, IRREGULAR_PIECE), strict=True
        ):
            times = torch.cumsum(piece_gaps, 0)[:, None, None]
            carried = torch.einsum("lhn,bhn->blh", self.readout() * torch.exp(exponent * times), state)
            outputs.append(self.forward(piece, piece_gaps) + 2 * carried.real)
            _, gain = self._discretised(piece_gaps)
            remaining = gain * torch.exp(exponent * (times[-1] - times))
            inflow = torch.einsum("lhn,blh->bhn", remaining, piece.to(state.dtype))
            state = torch.exp(exponent * times[-1]) * state + inflow
        return torch.cat(outputs, 1), state

    def _remembered(self, what: str, compute: Callable[[], Result], *key: object) -> Result:
        """The last `what` of an evaluated (not trained) layer, for as long as its parameters are the same."""
        if self.training or torch.is_grad_enabled():
            return compute()
        now = (*key, *((p.data_ptr(), p._version) for p in self.parameters(recurse=False)))
        before = self._memory.get(what)
        if before is None or before[0] != now:
            before = self._memory[what] = (now, compute())
        return cast(Result, before[1])


def irregular(rate: Rate) -> TypeGuard[Tensor]:
    """Whether `rate` holds a gap per frame rather than one number."""
    return isinstance(rate, Tensor) and rate.ndim > 0


def by_matrix(length: int, rate: Rate) -> bool:
    """Whether multiplying by `DiagonalSSM.matrix` is the fast way; irregular propagators pay only in training."""
    return length <= TOEPLITZ_LIMIT and (torch.is_grad_enabled() or not irregular(rate))


def complex_expm1(z: Tensor) -> Tensor:
    """exp(z) - 1 without cancellation for small |z| (torch has no complex expm1)."""
    x, y = z.real, z.imag
    half_sine = torch.sin(y / 2)
    return torch.complex(torch.expm1(x) * torch.cos(y) - 2 * half_sine * half_sine, torch.exp(x) * torch.sin(y))


def toeplitz(kernel: Tensor) -> Tensor:
    """(H, L) kernel -> (H, L, L) lower-triangular Toeplitz matrices, T[k, j] = K[k - j]."""
    channels, length = kernel.shape
    # K[0] .. K[L-1] 0 .. 0, laid end to end and cut into rows one element shorter: each row shifts by one
    padded = torch.nn.functional.pad(kernel, (0, length))
    sheet = padded[:, None].expand(-1, length, -1).reshape(channels, -1)
    shifted = sheet[:, : length * (2 * length - 1)].view(channels, length, 2 * length - 1)
    return shifted[:, :, :length].transpose(1, 2)


def convolve_fft(u: Tensor, kernel: Tensor) -> Tensor:
    """Causal convolution along L by FFT in float32 or wider: (B, L, H), (H, L) -> (B, L, H)."""
    size = 2 * u.shape[1]
    spectrum = torch.fft.rfft(u, n=size, dim=1) * torch.fft.rfft(kernel, n=size, dim=1).T
    return torch.fft.irfft(spectrum, n=size, dim=1)[:, : u.shape[1]]
