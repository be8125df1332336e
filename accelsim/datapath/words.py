"""Number formats: what a register or a memory word holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_INTEGER_TYPES = {
    True: ((8, np.int8), (16, np.int16), (32, np.int32), (64, np.int64)),
    False: ((8, np.uint8), (16, np.uint16), (32, np.uint32)),
}


@dataclass(frozen=True)
class Word:
    """A two's-complement or unsigned fixed-point word.

    Parameters
    ----------
    bits : width, sign included: 1 to 63, or to 32 if unsigned.
    signed : two's complement, else unsigned.
    fraction : binary digits after the point; the stored integer n means n / 2**fraction. Scalar functions
        see the integer.
    """

    bits: int
    signed: bool = True
    fraction: int = 0

    def __post_init__(self) -> None:
        widest = 63 if self.signed else 32
        if not 1 <= self.bits <= widest:
            kind = "signed" if self.signed else "unsigned"
            raise ValueError(f"a {kind} word has 1 to {widest} bits, found {self.bits}")

    @property
    def low(self) -> int:
        """Smallest integer the word holds."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Largest integer the word holds."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def dtype(self) -> np.dtype:
        """The narrowest NumPy integer type that holds the word."""
        return np.dtype(next(dtype for bits, dtype in _INTEGER_TYPES[self.signed] if bits >= self.bits))

    def encode(self, values: ArrayLike) -> NDArray[np.integer]:
        """Real values as stored integers: nearest (ties to even), saturated."""
        integers = np.rint(np.ldexp(np.asarray(values, np.float64), self.fraction))
        wide = np.clip(integers, -(2.0**62), 2.0**62).astype(np.int64)  # floats near 2**62 are too coarse
        return np.clip(wide, self.low, self.high).astype(self.dtype)

    def decode(self, integers: ArrayLike) -> NDArray[np.float64]:
        """The real values that stored integers mean."""
        return np.ldexp(np.asarray(integers, np.float64), -self.fraction)

    def __str__(self) -> str:
        point = f", {self.fraction} after the point" if self.fraction else ""
        kind = "signed" if self.signed else "unsigned"
        return f"{kind} {self.bits} bit{'s' if self.bits > 1 else ''}{point}"


@dataclass(frozen=True)
class Float:
    """An IEEE 754 word of 32 or 64 bits."""

    bits: int = 32

    def __post_init__(self) -> None:
        if self.bits not in (32, 64):
            raise ValueError(f"a float has 32 or 64 bits, found {self.bits}")

    @property
    def dtype(self) -> np.dtype:
        """The NumPy type of the word."""
        return np.dtype(f"float{self.bits}")

    def encode(self, values: ArrayLike) -> NDArray[np.floating]:
        """Real values rounded to the format."""
        return np.asarray(values, self.dtype)

    def decode(self, values: ArrayLike) -> NDArray[np.float64]:
        """The real values that stored words mean."""
        return np.asarray(values, np.float64)

    def __str__(self) -> str:
        return f"float{self.bits}"


Format = Word | Float
"""Any number format."""

BIT = Word(1, signed=False)
"""A flag, such as a spike."""
