"""AVAS: the active space that overlaps with chosen atomic valence orbitals."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbitals import diagonalise, orbital_irreps
from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.errors import InputError, UsageError

#: Eigenvalue of the projected overlap above which an orbital is active (the paper's choice).
THRESHOLD = 0.2
#: Eigenvalues nearer than this belong to one degenerate set, which is kept or left out whole.
_DEGENERATE = 1e-4
_LABEL = re.compile(r"([A-Za-z]{1,2})\s*(\d[spdf](?:[xyz]{1,2}|x2-y2|z\^2|[+-][123]|0)?)")


def parse_labels(text: str) -> tuple[tuple[str, str], ...]:
    """Read "N 2p" or "N 2p, O 2pz" into (("N", "2p"), ("O", "2pz")).

    Raises:
        UsageError: a label that is not an element and a shell.
    """
    labels = []
    for part in text.strip().strip("\"'").split(","):
        match = _LABEL.fullmatch(part.strip())
        if match is None or match[1].capitalize() not in ATOMIC_NUMBERS:
            raise UsageError(
                f"AVAS label {part.strip()[:40]!r} is not an element and a shell: "
                'write avas:"N 2p", avas:"Fe 3d,O 2p" or avas:"C 2pz"'
            )
        labels.append((match[1].capitalize(), match[2]))
    return tuple(dict.fromkeys(labels))


def reference_overlap(mol: Any, labels: tuple[tuple[str, str], ...]) -> np.ndarray:
    """(nao, nao) projector onto free-atom orbitals of these labels, in the AO basis.

    Raises:
        InputError: the molecule has no such atom, or the reference atom no such shell.
    """
    from pyscf import gto
    from pyscf.gto import basis as library
    from pyscf.lib.exceptions import BasisNotFoundError

    elements = list(dict.fromkeys(mol.elements))
    for symbol, shell in labels:
        if symbol not in elements:
            raise InputError(
                f"AVAS label {symbol} {shell} names an element that is not in the molecule: "
                f"it has {' and '.join(elements)}"
            )
    minimal = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for symbol in {symbol for symbol, _ in labels}:
            try:
                minimal[symbol] = library.load("minao" + "-" * 300, symbol)
            except (BasisNotFoundError, KeyError):
                raise InputError(
                    f"there are no free-atom orbitals of {symbol} to compare with: "
                    "choose another active space"
                ) from None
    atoms = gto.Mole()
    atoms.verbose = 0
    atoms.atom = [
        (symbol, tuple(map(float, position)))
        for symbol, position in zip(mol.elements, mol.atom_coords(), strict=True)
        if symbol in minimal
    ]
    atoms.unit, atoms.basis, atoms.spin = "Bohr", minimal, None
    atoms.build(dump_input=False, parse_arg=False)
    found = [
        ((symbol, shell), (symbol, shell + component))
        for _, symbol, shell, component in atoms.ao_labels(fmt=None)
    ]
    for symbol, shell in labels:
        if not any((symbol, shell) in names for names in found):
            shells = dict.fromkeys(s for (e, s), _ in found if e == symbol)
            raise InputError(
                f"the free {symbol} atom has no occupied {shell} shell to compare with: "
                f"it has {', '.join(shells)}"
            )
    index = [k for k, names in enumerate(found) if not set(names).isdisjoint(labels)]
    metric = atoms.intor("int1e_ovlp")[np.ix_(index, index)]
    cross = gto.intor_cross("int1e_ovlp", atoms, mol)[index]
    return np.asarray(cross.T @ np.linalg.solve(metric, cross))


def split_by_overlap(
    mean_field: MeanField, labels: tuple[tuple[str, str], ...], occupation: int
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Rotate the orbitals of one occupation so that few of them carry the reference shells.

    Args:
        mean_field: a converged mean field.
        labels: (element, shell) pairs.
        occupation: 2 for the doubly occupied orbitals, 0 for the empty ones.

    Returns:
        ((active orbitals (nao, n), irreps), (the others, irreps)).

    References:
        10.1021/acs.jctc.7b00128
    """
    mf = mean_field.mf
    coeff = np.asarray(mf.mo_coeff)[:, np.asarray(mf.mo_occ) == occupation]
    irreps = orbital_irreps(mf.mol, coeff, mf.get_ovlp())
    values, rotated, irreps = diagonalise(reference_overlap(mf.mol, labels), coeff, irreps)
    active = values > THRESHOLD
    for k in range(values.size - 1, 0, -1):
        if values[k] - values[k - 1] < _DEGENERATE and active[k]:
            active[k - 1] = True
    return (rotated[:, active], irreps[active]), (rotated[:, ~active], irreps[~active])
