"""Which references there are: their names, and which of them are cheap enough to run unasked."""

from __future__ import annotations

import difflib
import re

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import UsageError
from qchem_app.molecule import Molecule
from qchem_app.planning.cost import available_memory_mb, determinant_irrep
from qchem_app.references import coupled_cluster_cost, fci_cost
from qchem_app.references.coupled_cluster_cost import (
    coupled_cluster_seconds as coupled_cluster_seconds,
)
from qchem_app.references.functionals import find_functional, functional_names

#: Wavefunction methods by canonical name, cheapest first; anything else is a density functional.
WAVEFUNCTION_METHODS = ("hf", "mp2", "ccsd", "ccsd(t)", "fci")
#: The density functional that runs when none is named.
DEFAULT_FUNCTIONAL = "b3lyp"

_ALIASES = {
    "rhf": "hf", "rohf": "hf", "scf": "hf", "hartree-fock": "hf",
    "rmp2": "mp2", "romp2": "mp2",
    "ccsd_t": "ccsd(t)", "ccsd-t": "ccsd(t)", "ccsd[t]": "ccsd(t)",
    "casci": "fci", "full-ci": "fci", "fullci": "fci", "exact": "fci",
    "dft": DEFAULT_FUNCTIONAL,
}  # fmt: skip
_ALL = ("hf", "mp2", "ccsd", "ccsd(t)", DEFAULT_FUNCTIONAL, "fci")
_ALONE = ("none", "auto")
_WRAPPED = re.compile(r"dft\((.+)\)")

# One core, seconds.
_DFT_START, _DFT_STEP = 0.5, 5e-6  # per atom and basis function squared
_DFT_INTEGRALS = 4e-9  # per basis function to the fourth
_SHARE = 0.25  # of the time limit that a method nobody asked for may take


def parse_references(text: str) -> tuple[str, ...] | None:
    """Canonical names of a comma-separated list such as "fci,ccsd(t),b3lyp".

    Case does not matter, duplicates are merged, the order is kept. "all" stands for every
    wavefunction method and B3LYP, "none" for nothing, "auto" for what is cheap. An exchange and a
    correlation functional next to each other are one functional ("b88,lyp"); `dft(...)` makes
    that plain.

    Returns:
        The names; None for "auto".

    Raises:
        UsageError: an unknown name, with the nearest known ones.
    """
    words = _split(text)
    if not words:
        raise UsageError('the list of references is empty: name some, or write "none"')
    if len(words) == 1 and words[0] in _ALONE:
        return () if words[0] == "none" else None
    names: list[str] = []
    for word in words:
        if word in _ALONE:
            raise UsageError(f'"{word}" leaves no place for other references: write it alone')
        if word == "all":
            names.extend(_ALL)
        elif names and _completes(names[-1], word):
            names[-1] = find_functional(f"{names[-1]},{word}").name
        else:
            names.append(_canonical(word))
    return tuple(dict.fromkeys(names))


def default_references(
    ham: MolecularHamiltonian,
    molecule: Molecule,
    basis: str,
    *,
    time_limit: float = 60.0,
    memory_limit: float | None = None,
    threads: int | None = None,
) -> tuple[str, ...]:
    """Names of the references that are cheap, cheapest first.

    FCI may take the whole time limit (it tells what the errors are), others a quarter of it each.

    Args:
        time_limit: seconds.
        memory_limit: megabytes; what the machine has free when None.
        threads: that FCI will use; all cores when None.
    """
    memory = available_memory_mb() if memory_limit is None else memory_limit
    names = ["hf"]
    if 4 * 8e-6 * ham.norb**4 < memory:
        names.append("mp2")
    if coupled_cluster_cost.memory_mb(ham.norb, ham.nelec) < memory:
        ccsd, triples = coupled_cluster_seconds(ham.norb, ham.nelec)
        names += [
            name
            for name, seconds in (("ccsd", ccsd), ("ccsd(t)", ccsd + triples))
            if cheap_enough(seconds, time_limit)
        ]
    if cheap_enough(dft_seconds(molecule, basis), time_limit):
        names.append(DEFAULT_FUNCTIONAL)
    reference = determinant_irrep(ham.nelec, ham.orbsym)
    if not fci_cost.refusal(
        ham, reference, memory_limit=memory, time_limit=time_limit, threads=threads
    ):
        names.append("fci")
    return tuple(names)


def dft_seconds(molecule: Molecule, basis: str) -> float:
    """Rough time of a hybrid functional without non-local correlation on one core, seconds."""
    from qchem_app.chemistry.mean_field import build_mole

    nao = int(build_mole(molecule, basis, symmetry=False)[0].nao)
    return functional_seconds(len(molecule.symbols), nao)


def functional_seconds(n_atoms: int, nao: int) -> float:
    """The same from the numbers of atoms and basis functions."""
    return _DFT_START + _DFT_STEP * n_atoms * nao**2 + _DFT_INTEGRALS * nao**4


def cheap_enough(seconds: float, time_limit: float) -> bool:
    """Whether a method other than FCI may run unasked."""
    return seconds < _SHARE * time_limit


def _split(text: str) -> list[str]:
    """The words between those commas that are not inside parentheses, lower case."""
    words, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        if character == "," and depth == 0:
            words.append(text[start:place])
            start = place + 1
    if depth:
        raise UsageError(f'the parentheses in "{ascii(text[:60])[1:-1]}" do not match: close them')
    words.append(text[start:])
    return ["".join(word.lower().split()) for word in words if word.strip()]


def _canonical(word: str) -> str:
    word = _ALIASES.get(word, word)
    if word in WAVEFUNCTION_METHODS or word == DEFAULT_FUNCTIONAL:
        return word
    if word == "vqe":
        raise UsageError('"vqe" is no reference, it always runs: leave it out')
    wrapped = _WRAPPED.fullmatch(word)
    if wrapped:
        return find_functional(wrapped[1]).name
    try:
        return find_functional(word).name
    except UsageError:
        known = [*WAVEFUNCTION_METHODS, *_ALIASES, *functional_names()]
        near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
        methods = [name for name in near if name in WAVEFUNCTION_METHODS or name in _ALIASES]
        if not methods:
            raise
        nearest = " or ".join(dict.fromkeys(_ALIASES.get(name, name) for name in near))
        raise UsageError(
            f'"{ascii(word[:40])[1:-1]}" is not a reference: did you mean {nearest}?'
        ) from None


def _completes(name: str, word: str) -> bool:
    """Whether `word` is the correlation that the exchange functional before it lacks."""
    known = (*WAVEFUNCTION_METHODS, DEFAULT_FUNCTIONAL, *_ALIASES)
    if name in known or word in known or len(_split(name)) > 1:
        return False
    if find_functional(name).part != "exchange" or _part_of(word) == "whole":
        return False
    return _part_of(f",{word}") == "correlation"


def _part_of(description: str) -> str | None:
    try:
        return find_functional(description).part
    except UsageError:
        return None
