"""The one place where integrals leave chemists' order: for OpenFermion."""

from __future__ import annotations

from typing import Any

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian


def to_openfermion(ham: MolecularHamiltonian) -> Any:
    r"""The Hamiltonian as ``openfermion.InteractionOperator``.

    OpenFermion writes the two-electron part over spin orbitals as

    .. math::
        \sum_{pqrs} h_{pqrs} a_p^\dagger a_q^\dagger a_r a_s, \quad
        h_{pqrs} = \tfrac12 (ps|qr)

    where spin orbital 2p + s is spatial orbital p with spin s (0 alpha, 1 beta).

    Args:
        ham: integrals in chemists' order.
    """
    from openfermion.chem.molecular_data import spinorb_from_spatial
    from openfermion.ops import InteractionOperator

    physicists = np.asarray(ham.eri).transpose(0, 2, 3, 1)
    one_body, two_body = spinorb_from_spatial(ham.h1, physicists)
    return InteractionOperator(ham.ecore, one_body, 0.5 * two_body)
