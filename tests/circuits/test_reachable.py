from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.circuits import reachable as module
from qchem_app.circuits.generator import encode
from qchem_app.circuits.reachable import Reachable
from qchem_app.civector.sector import Sector
from qchem_app.civector.sweep import Sweep
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.gf2 import parity


@settings(max_examples=40)
@given(
    norb=st.integers(2, 4),
    size=st.integers(1, 7),
    seed=st.integers(0, 2**32 - 1),
    listed=st.booleans(),
)
def test_what_is_left_out_would_change_nothing(
    norb, size, seed, listed, draw_map, draw_ansatz
) -> None:
    rng = np.random.default_rng(seed)
    nelec = tuple(rng.integers(0, norb + 1, size=2).tolist())
    encoding, ansatz = draw_map(norb, nelec, rng), draw_ansatz(norb, size, rng)
    sector = Sector.build(norb, nelec, np.zeros(norb, dtype=int))
    vector = sector.reference()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MOST_STATES", 1 << 16 if listed else 1)
        reachable = Reachable(2 * norb, encoding.reference)
        for excitation in ansatz.excitations:
            generator = encode(excitation, encoding)
            support = np.flatnonzero(encoding.state(sector, vector)).tolist()
            reduced = reachable.reduce(generator)
            for b in support:
                assert (reduced is not None and reduced.selects(b)) == generator.selects(b)
                if generator.selects(b):
                    assert reduced.flip == generator.flip
                    odd = parity((reduced.sign[0] ^ generator.sign[0]) & b)
                    assert odd == reduced.sign[1] ^ generator.sign[1]
            if reduced is not None:
                assert len(reduced.controls) <= len(generator.controls)
                assert parity(reduced.sign[0] & reduced.flip) == 1
                assert all(parity(mask & reduced.flip) == 0 for mask, _ in reduced.controls)
            reachable.extend(generator)
            Sweep(sector, (excitation,), 1).forward(vector, rng.normal(size=1))
            after = np.flatnonzero(encoding.state(sector, vector)).tolist()
            for mask in reachable.known():
                assert {parity(mask & b) for b in after} == {reachable.value(mask)}


def test_the_first_double_of_h2_needs_no_control(molecule, make_ansatz) -> None:
    hamiltonian = molecule("h2")
    encoding = make_encoding(hamiltonian)
    (excitation,) = make_ansatz("uccsd", hamiltonian).excitations
    generator = encode(excitation, encoding)
    reduced = Reachable(4, encoding.reference).reduce(generator)
    assert (len(generator.controls), len(reduced.controls)) == (3, 0)


def test_paired_doubles_of_a_closed_shell_need_one_control_at_most(molecule) -> None:
    hamiltonian = molecule("lih")
    encoding = make_encoding(hamiltonian)
    reachable = Reachable(encoding.n_qubits, encoding.reference)
    controls = []
    for excitation in k_upccgsd(hamiltonian).excitations:
        if not (excitation.alpha and excitation.beta):
            break  # orbital rotations, which break the pairs
        generator = encode(excitation, encoding)
        reduced = reachable.reduce(generator)
        controls.append(None if reduced is None else len(reduced.controls))
        reachable.extend(generator)
    assert len(controls) == 15
    assert set(controls) <= {None, 0, 1}


def test_excitations_out_of_empty_orbitals_vanish(molecule) -> None:
    hamiltonian = molecule("h4_chain")
    encoding = make_encoding(hamiltonian)
    ansatz = k_upccgsd(hamiltonian)
    both_empty = next(e for e in ansatz.excitations if e.alpha == ((3, 2),) and e.beta)
    reachable = Reachable(encoding.n_qubits, encoding.reference)
    assert reachable.reduce(encode(both_empty, encoding)) is None
