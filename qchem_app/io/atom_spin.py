"""The ground-state multiplicity of a free atom or ion, by Hund's first rule."""

from __future__ import annotations

from qchem_app.elements import ATOMIC_NUMBERS

#: Up to here ions have the configuration of the neutral atom with as many electrons.
_LAST_ISOELECTRONIC = 20


def atom_multiplicity(symbol: str, charge: int) -> int | None:
    """2S + 1 of the ground state; None for ions beyond calcium's electrons.

    From the ground configuration of the neutral atom, whose open shells are filled with as many
    parallel spins as they hold.
    """
    z = ATOMIC_NUMBERS[symbol]
    n_electrons = z - charge
    if n_electrons <= 0:
        return 1
    if charge and not n_electrons <= _LAST_ISOELECTRONIC:
        return None
    from pyscf.data.elements import CONFIGURATION

    if n_electrons >= len(CONFIGURATION):
        return None
    unpaired = 0
    for momentum, count in enumerate(CONFIGURATION[n_electrons]):
        shell = 4 * momentum + 2
        open_shell = count % shell
        unpaired += min(open_shell, shell - open_shell)
    return unpaired + 1
