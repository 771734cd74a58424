from __future__ import annotations

import numpy as np
from pyscf.cc.addons import spatial2spin

from qchem_app.references.amplitudes import SpinAmplitudes


def random_rotation(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def test_closed_shell_blocks_are_those_of_pyscf():
    rng = np.random.default_rng(0)
    t1, t2 = rng.standard_normal((2, 3)), rng.standard_normal((2, 2, 3, 3))
    t2 = t2 + t2.transpose(1, 0, 3, 2)
    t = SpinAmplitudes.from_closed_shell(t1, t2)
    orbspin = np.array([0, 1] * 5)
    full = np.asarray(spatial2spin(t2, orbspin))
    np.testing.assert_allclose(t.t2aa, full[::2, ::2, ::2, ::2])
    np.testing.assert_allclose(t.t2bb, full[1::2, 1::2, 1::2, 1::2])
    np.testing.assert_allclose(t.t2ab, full[::2, 1::2, ::2, 1::2])
    np.testing.assert_allclose(t.t1b, t1)


def test_a_rotation_and_its_inverse_cancel():
    rng = np.random.default_rng(1)
    sizes = {
        "t1a": (3, 2),
        "t1b": (2, 3),
        "t2aa": (3, 3, 2, 2),
        "t2ab": (3, 2, 2, 3),
        "t2bb": (2, 2, 3, 3),
    }
    t = SpinAmplitudes(**{name: rng.standard_normal(shape) for name, shape in sizes.items()})
    alpha, beta = np.zeros((5, 5)), np.zeros((5, 5))
    for matrix, n in ((alpha, 3), (beta, 2)):
        matrix[:n, :n] = random_rotation(rng, n)
        matrix[n:, n:] = random_rotation(rng, 5 - n)
    turned = t.in_basis(alpha, beta)
    assert np.abs(turned.t2ab - t.t2ab).max() > 0.1
    back = turned.in_basis(alpha.T, beta.T)
    for name in sizes:
        np.testing.assert_allclose(getattr(back, name), getattr(t, name), atol=1e-12)
