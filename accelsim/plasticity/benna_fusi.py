"""Benna-Fusi synapses: a chain of coupled variables, each slower than the one before, of which the weight is the first.

M. K. Benna, S. Fusi, "Computational principles of synaptic memory consolidation", Nature Neuroscience 19:1697
(2016). Beakers of sizes C_k = n^(k-1), joined by tubes of widths g_k = g_1 n^-(k-1), hold levels u_1 = w to u_m.
Changes of the base rule pour into the first one; every `period` time steps in which synapses learn::

    J_k = g_k (u_k - u_k+1),  J_0 = 0,  u_m+1 = 0 (leak) or J_m = 0
    u_k <- u_k + (J_k-1 - J_k) / C_k

so that a change decays with about the inverse square root of time, up to the time scale C_m / g_m of the last beaker.
Without the leak the sum of C_k u_k only changes with what the base rule pours in.

All beakers start at the initial weight. On fixed-point weights each beaker has as many bits more than the weight as
the flow between neighbours that differ by the weight's last bit needs; what flows out of the weight is rounded by
the base rule, without bias if it rounds stochastically (to nearest, differences below 1 / 2 g_1 last bits stay).

Hardware, per synapse: m - 1 words besides the weight; each relaxation reads and writes all m. (Beaker k moves by
less than an n^(2k-3)th of the first one's step; hardware that touches it so much less often would access about 1.3
words.)
"""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from accelsim.datapath.stages import Stage
from accelsim.datapath.words import Float, Format, Word
from accelsim.plasticity.consolidation import Consolidation, register_consolidation


def _relax() -> None:
    """dw = -J_1, u_k <- u_k + (J_k-1 - J_k) / C_k."""


@register_consolidation("benna-fusi")
class BennaFusi(Consolidation):
    """Chain of beakers: changes sink into ever slower variables, to be forgotten by a power law (Benna & Fusi 2016)."""

    beakers: int = Field(default=4, ge=1, le=16)
    """Number m of variables, the weight included."""

    ratio: float = Field(default=2.0, ge=1, le=8)
    """n: how much larger each beaker, and how much narrower each tube, is than the one before."""

    coupling: float = Field(default=0.125, ge=0, le=0.5)
    """Width g_1 of the first tube, in parts of the first beaker per relaxation; 0 leaves the base rule as it is."""

    leak: bool = True
    """Whether the last beaker leaks."""

    steps: int = Field(default=1, ge=1)
    """Time steps in which synapses learn from one relaxation to the next."""

    @property
    def period(self) -> int:
        """Of relaxation."""
        return self.steps

    @property
    def weight_copies(self) -> tuple[str, ...]:
        """All levels start equal."""
        return self._hidden

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """The levels besides the weight: floats like it, or words with more bits after the point."""
        if isinstance(weight, Float):
            return dict.fromkeys(self._hidden, weight)
        extra = [self._extra_bits(k) for k in range(2, self.beakers + 1)]
        products = weight.bits + (extra[-1] if extra else 0) + self._slowing(self.beakers) + 2
        if products > 63:
            raise self.problem(
                f"{self.beakers} beakers on weights of {weight.bits} bits take products of {products} bits, "
                "more than 63: take fewer beakers or a smaller ratio"
            )
        words = (Word(weight.bits + more, fraction=weight.fraction + more) for more in extra)
        return dict(zip(self._hidden, words, strict=True))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """One relaxation of the whole chain."""
        if not self.coupling or (self.beakers == 1 and not self.leak):
            return ()
        sizes = [self.ratio**k for k in range(self.beakers)]
        widths = [self.coupling / size for size in sizes]

        def relax(**levels: Any) -> Any:
            u = [levels[name] for name in ("w", *self._hidden)]
            flows = [width * (a - b) for width, a, b in zip(widths, u, u[1:], strict=False)]
            if self.leak:
                flows.append(widths[-1] * u[-1])
            out = [*flows[1:], *([] if self.leak else [0.0])]
            rises = [(i - o) * (1.0 / size) for i, o, size in zip(flows, out, sizes[1:], strict=False)]
            return -flows[0], *(level + rise for level, rise in zip(u[1:], rises, strict=True))

        chain = Stage(_relax, "every K steps", "synapse", ())
        return (chain.wrapped(relax, ("w", *self._hidden), ("change", *self._hidden)),)

    @property
    def _hidden(self) -> tuple[str, ...]:
        return tuple(f"beaker_{k}" for k in range(2, self.beakers + 1))

    def _slowing(self, k: int) -> int:
        """Bits by which what leaves beaker `k` is smaller than its level."""
        return math.ceil(math.log2(self.ratio ** (2 * (k - 1)) / (self.coupling or 1.0)))

    def _extra_bits(self, k: int) -> int:
        """Bits by which what reaches beaker `k` is smaller than the difference that drives it: C_k / g_k-1."""
        return math.ceil(math.log2(self.ratio ** (2 * k - 3) / (self.coupling or 1.0)))
