"""A penalty on wrong electron numbers, for ansätze that do not conserve them."""

from __future__ import annotations

import numpy as np

from qchem_app.mapping.encodings import Encoding
from qchem_app.mapping.pauli import PauliSum


def with_electron_penalty(
    operator: PauliSum, encoding: Encoding, strength: float = 1.0
) -> PauliSum:
    r"""The operator plus a penalty that vanishes for the electron numbers of the encoding.

    .. math:: H + \mu \sum_\sigma (N_\sigma - n_\sigma)^2

    (doi:10.1021/acs.jctc.8b00943). Without it the lowest state of a cation's qubits is often one
    with more electrons. `strength` must exceed what another electron gains, in Hartree; the
    default does for molecules whose charge is not higher than +1.

    Args:
        operator: on the qubits of `encoding`, Hartree.
        encoding: of the operator.
        strength: mu, Hartree.
    """
    norb = encoding.norb
    z, values = [], []
    for spin, n in enumerate(encoding.nelec):
        modes = [1 << (p + spin * norb) for p in range(norb)]
        # N - n = shift - sum_p Z_p / 2
        shift = norb / 2 - n
        z.append(0)
        values.append(shift**2 + norb / 4)
        for k, one in enumerate(modes):
            z.append(one)
            values.append(-shift)
            z += [one | other for other in modes[:k]]
            values += [0.5] * k
    masks = np.array(z, dtype=np.uint64)
    penalty = PauliSum(2 * norb, np.zeros_like(masks), masks, strength * np.array(values))
    mapped = encoding.map(penalty)
    return PauliSum(
        operator.n_qubits,
        np.concatenate([operator.x, mapped.x]),
        np.concatenate([operator.z, mapped.z]),
        np.concatenate([operator.coefficients, mapped.coefficients]),
    ).simplified()
