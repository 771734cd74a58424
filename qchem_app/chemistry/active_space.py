"""Choosing the active space: which orbitals and electrons the solvers see, and why those."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from qchem_app.chemistry.avas import split_by_overlap
from qchem_app.chemistry.largest_space import largest_space, natural_space, refuse
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbital_space import ActiveSpace as ActiveSpace
from qchem_app.chemistry.orbital_space import (
    block_space,
    frozen_core_space,
    slice_space,
    with_reason,
)
from qchem_app.chemistry.preflight import Limits, describe, forecast
from qchem_app.chemistry.space_request import SpaceRequest, show
from qchem_app.chemistry.space_request import parse_active_space as parse_active_space
from qchem_app.chemistry.threads import steady_threads
from qchem_app.errors import InputError

#: Orbital energies nearer than this (Hartree) belong to one degenerate set.
_DEGENERATE = 1e-4


def select_active_space(
    mean_field: MeanField,
    spec: str = "auto",
    *,
    time_limit: float = 60.0,
    memory_limit: float | None = None,
    references: Collection[str] | None = None,
    threads: int | None = None,
) -> ActiveSpace:
    """Choose the active orbitals of a mean field.

    Nothing of the size of the space is allocated, so that a space too large is refused at once.

    Args:
        mean_field: where the orbitals come from.
        spec: see `parse_active_space`.
        time_limit: seconds that VQE and FCI may be planned to take.
        memory_limit: megabytes; None: what the machine has free.
        references: names of the methods that will run beside the VQE.
        threads: processor cores that will be used; None counts as one.

    Raises:
        UsageError: the specification is not understood.
        InputError: the molecule cannot have such a space.
        ResourceError: the space does not fit the limits; says what would.
    """
    request = parse_active_space(spec)
    limits = Limits.make(time_limit, memory_limit, references, threads)
    with steady_threads(mean_field.mf.mol.nao):
        return _select(mean_field, request, limits)


def _select(mean_field: MeanField, request: SpaceRequest, limits: Limits) -> ActiveSpace:
    if request.kind == "auto":
        return largest_space(mean_field, request.text, limits)
    if request.kind == "full":
        space = slice_space(mean_field, 0, None, request, "all electrons in all orbitals")
    elif request.kind == "frozen-core":
        space = frozen_core_space(mean_field, request)
    elif request.kind == "cas":
        space = _cas(mean_field, request)
    elif request.kind == "avas":
        space = _avas(mean_field, request)
    else:
        space = natural_space(mean_field, request, limits)
    cost = forecast(space.norb, space.nelec, space.orbsym, limits)
    if not limits.allow(cost):
        refuse(mean_field, request.text, cost, limits)
    return with_reason(space, f"{space.reason}: {describe(cost)}")


def _cas(mean_field: MeanField, request: SpaceRequest) -> ActiveSpace:
    mol = mean_field.mf.mol
    n_alpha, n_beta = (int(n) for n in mol.nelec)
    total, unpaired = n_alpha + n_beta, n_alpha - n_beta
    electrons, orbitals = request.n_electrons, request.n_orbitals
    name, nmo = show(request.text), mean_field.mf.mo_coeff.shape[1]
    if electrons > total:
        raise InputError(
            f"active space {name} asks for {electrons} electrons, and there are {total}"
            f"{' outside the core potentials' if mol.has_ecp() else ''}: ask for {total} or fewer"
        )
    if orbitals > nmo:
        raise InputError(
            f"active space {name} asks for {orbitals} orbitals, and basis {mean_field.basis} "
            f"gives {nmo}: ask for {nmo} or fewer"
        )
    if (electrons - unpaired) % 2 or electrons < unpaired:
        parity = "odd" if unpaired % 2 else "even"
        at_least = f" of at least {unpaired}" if unpaired > 1 else ""
        raise InputError(
            f"active space {name} has {electrons} electrons, but multiplicity {unpaired + 1} "
            f"needs an {parity} number{at_least}: ask for {_nearest(electrons, unpaired, total)}"
        )
    n_core = (total - electrons) // 2
    if orbitals < n_alpha - n_core:
        raise InputError(
            f"active space {name} has {n_alpha - n_core} alpha electrons at multiplicity "
            f"{unpaired + 1}, more than its orbitals: ask for at least {n_alpha - n_core} orbitals"
        )
    if orbitals > nmo - n_core:
        raise InputError(
            f"active space {name} asks for {orbitals} orbitals above the {n_core} that stay "
            f"doubly occupied, and basis {mean_field.basis} has {nmo - n_core}: ask for fewer "
            "orbitals or more electrons"
        )
    cuts = []
    energy = np.asarray(mean_field.mf.mo_energy)
    occ = np.asarray(mean_field.mf.mo_occ)
    for side, k in (("lower", n_core), ("upper", n_core + orbitals)):
        if 0 < k < nmo and occ[k] == occ[k - 1] and abs(energy[k] - energy[k - 1]) < _DEGENERATE:
            cuts.append(side)
    reason = (
        f"{electrons} electron{'s' * (electrons != 1)} in {orbitals} "
        f"orbital{'s' * (orbitals != 1)} around the Fermi level"
    )
    if cuts:
        reason += (
            f", whose {' and '.join(cuts)} end{'s' * (len(cuts) > 1)} "
            f"cut{'s' * (len(cuts) == 1)} through a degenerate set"
        )
    return slice_space(mean_field, n_core, orbitals, request, reason)


def _nearest(electrons: int, unpaired: int, total: int) -> str:
    fitting = [n for n in (electrons - 1, electrons + 1) if unpaired <= n <= total and n > 0]
    return " or ".join(map(str, fitting or [unpaired]))


def _avas(mean_field: MeanField, request: SpaceRequest) -> ActiveSpace:
    occupied, core = split_by_overlap(mean_field, request.labels, 2)
    virtual, out = split_by_overlap(mean_field, request.labels, 0)
    shells = ", ".join(f"{symbol} {shell}" for symbol, shell in request.labels)
    reason = (
        f"orbitals that overlap with {shells}: {occupied[1].size} doubly occupied, "
        f"{virtual[1].size} empty"
    )
    return block_space(mean_field, (core, occupied, virtual, out), request, reason)
