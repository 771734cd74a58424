"""Molecular ground-state energies from a variational quantum eigensolver, beside their references.

The public names are imported when they are first asked for, so that `import qchem_app` costs
nothing: neither NumPy nor PySCF is loaded by it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qchem_app.ansatz.uccsd import uccsd as uccsd
    from qchem_app.backends.exact import ExactEstimator as ExactEstimator
    from qchem_app.chemistry.active_space import select_active_space as select_active_space
    from qchem_app.chemistry.hamiltonian import MolecularHamiltonian as MolecularHamiltonian
    from qchem_app.chemistry.hamiltonian import build_hamiltonian as build_hamiltonian
    from qchem_app.chemistry.mean_field import run_mean_field as run_mean_field
    from qchem_app.io.geometry import read_geometry as read_geometry
    from qchem_app.io.record import read_record as read_record
    from qchem_app.io.record import write_record as write_record
    from qchem_app.molecule import Molecule as Molecule
    from qchem_app.result import Settings as Settings
    from qchem_app.result import SolveResult as SolveResult
    from qchem_app.solve import solve as solve
    from qchem_app.vqe.solver import VQE as VQE

__version__ = "0.1.0"

_HOMES = {
    "ExactEstimator": "qchem_app.backends.exact",
    "MolecularHamiltonian": "qchem_app.chemistry.hamiltonian",
    "Molecule": "qchem_app.molecule",
    "Settings": "qchem_app.result",
    "SolveResult": "qchem_app.result",
    "VQE": "qchem_app.vqe.solver",
    "build_hamiltonian": "qchem_app.chemistry.hamiltonian",
    "read_geometry": "qchem_app.io.geometry",
    "read_record": "qchem_app.io.record",
    "run_mean_field": "qchem_app.chemistry.mean_field",
    "select_active_space": "qchem_app.chemistry.active_space",
    "solve": "qchem_app.solve",
    "uccsd": "qchem_app.ansatz.uccsd",
    "write_record": "qchem_app.io.record",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562) and keep it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'qchem_app' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


class _Package(ModuleType):
    """Keeps `qchem_app.solve` the function.

    Importing the submodule of that name would otherwise put the module in its place.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name) == f"{__name__}.{name}":
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
