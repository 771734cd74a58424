"""Thresholds: every number that a judgement of the screening rests on, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from qchem_app.verdict import CHEMICAL_ACCURACY_MHA


def _threshold(value: float, meaning: str) -> Any:
    return field(default=value, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Thresholds:
    """What counts as close, as a single determinant, as large. All may be changed.

    Attributes:
        accuracy_mha: difference of energies that counts as agreement, mHa.
        t1_closed, t1_open: T1 diagnostic.
        d1: D1 diagnostic.
        m: M diagnostic.
        triples_share: (T) correction as a share of the correlation energy.
        fci_determinants: the largest FCI that was ever done.
        device_qubits, device_cnots: the largest circuit of today.
    """

    accuracy_mha: float = _threshold(CHEMICAL_ACCURACY_MHA, "chemical accuracy, 1 kcal/mol, in mHa")
    t1_closed: float = _threshold(
        0.02, "T1 of closed shells (Lee & Taylor 1989, DOI 10.1002/qua.560360824)"
    )
    t1_open: float = _threshold(
        0.04,
        "T1 of open shells, over spin orbitals (0.044 for radicals in Rienstra-Kiracofe, Allen & "
        "Schaefer 2000, J. Phys. Chem. A 104, 9823)",
    )
    d1: float = _threshold(0.05, "D1 (Janssen & Nielsen 1998, DOI 10.1016/S0009-2614(98)00504-1)")
    m: float = _threshold(
        0.10, "M diagnostic (Tishchenko, Zheng & Truhlar 2008, DOI 10.1021/ct800077r)"
    )
    triples_share: float = _threshold(
        0.06, "(T) as a share of the correlation energy of CCSD(T) (chosen here)"
    )
    fci_determinants: float = _threshold(
        2.6e12,
        "determinants of the largest FCI so far (Xu et al. 2025, arXiv:2503.10335)",
    )
    device_qubits: float = _threshold(
        127, "qubits (Kim et al. 2023, DOI 10.1038/s41586-023-06096-3)"
    )
    device_cnots: float = _threshold(
        2880, "CNOTs of the longest circuit with useful mitigated values (the same paper)"
    )

    def table(self) -> list[tuple[str, float, str]]:
        """Name, value and meaning of each."""
        return [(f.name, getattr(self, f.name), f.metadata["meaning"]) for f in fields(self)]


DEFAULT = Thresholds()
