"""A function of one angle with few frequencies: from its values to its lowest point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TrigonometricPolynomial:
    r"""A real function of an angle with the integer frequencies 0 to R.

    .. math:: f(x) = \mathrm{Re} \sum_{k=0}^{R} c_k e^{ikx}

    Attributes:
        coefficients: (R + 1,) complex128.
    """

    coefficients: np.ndarray

    @classmethod
    def through(cls, values: np.ndarray) -> TrigonometricPolynomial:
        """The one through (2 R + 1,) values at the angles 2 pi j / (2 R + 1), j = 0, 1, ..."""
        coefficients = np.fft.rfft(values) / values.size
        coefficients[1:] *= 2.0
        return cls(coefficients)

    def __call__(self, x: np.ndarray | float, derivative: int = 0) -> np.ndarray:
        """Values, or those of a derivative, at the angles `x`, radians."""
        k = np.arange(self.coefficients.size)
        factors = self.coefficients * (1j * k) ** derivative
        return np.real(np.exp(1j * np.multiply.outer(x, k)) @ factors)

    def minimum(self) -> tuple[float, float]:
        """The angle in (-pi, pi] of the lowest value, and the value.

        Where several are equally low to rounding, the one closest to zero.
        """
        # With z = exp(ix), the derivative is a polynomial in z over z^R.
        k = np.arange(1, self.coefficients.size)
        half = 0.5j * k * self.coefficients[1:]
        slope = np.concatenate([half[::-1], [0.0], np.conj(half)])
        size = float(np.abs(self.coefficients[1:]).max(initial=0.0))
        rounding = 1e-14 * (size + abs(float(self.coefficients[0].real)))
        candidates = np.zeros(1)
        if size > max(rounding, 1e-200):
            slope /= size
            roots = np.roots(np.where(np.abs(slope) > 1e-15, slope, 0.0))
            candidates = np.concatenate([candidates, np.angle(roots[roots != 0])])
            for _ in range(2):  # Newton, where the function curves upwards
                bend = self(candidates, 2)
                upwards = bend > 1e-8 * size
                step = np.divide(
                    self(candidates, 1), bend, out=np.zeros_like(candidates), where=upwards
                )
                candidates = candidates - np.where(np.abs(step) < 0.1, step, 0.0)
            candidates = np.angle(np.exp(1j * np.append(candidates, 0.0)))
        values = self(candidates)
        lowest = candidates[values <= values.min() + rounding]
        best = float(lowest[np.argmin(np.abs(lowest))])
        return best, float(self(best))
