"""canonical(): one spelling of settings that give the same answer, so that they are one task."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from qchem_app.chemistry.basis import canonical_name
from qchem_app.chemistry.space_request import parse_active_space
from qchem_app.references.catalogue import WAVEFUNCTION_METHODS, parse_references
from qchem_app.result import Settings

_UCC = ("uccsd", "qeb-uccsd")
#: Ansätze for which a setting means something, where not for all.
_ONLY_FOR = {
    "layers": ("upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"),
    "entangler": ("hea-ry", "hea-ry-rz"),
    "starts": ("upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"),
    "guess": _UCC,
}


def canonical(settings: Settings) -> Settings:
    """The settings with names as the program spells them; what does nothing has its default.

    Raises:
        UsageError: there is no such basis set, active space or reference.
    """
    changes: dict[str, Any] = {
        "basis": canonical_name(settings.basis),
        "active_space": _space(settings.active_space),
        "references": _references(settings.references),
    }
    idle = [name for name, ansaetze in _ONLY_FOR.items() if settings.ansatz not in ansaetze]
    if settings.ansatz in _UCC and settings.device is None:
        idle.append("seed")
    changes |= {name: Settings.model_fields[name].default for name in idle}
    return settings.model_copy(update=changes)


@lru_cache(maxsize=4096)
def _space(text: str) -> str:
    request = parse_active_space(text)
    match request.kind:
        case "cas":
            return f"{request.n_electrons},{request.n_orbitals}"
        case "avas":
            return "avas:" + ",".join(" ".join(label) for label in request.labels)
        case "natural":
            return f"natural:{request.threshold!r}"
    return request.kind


@lru_cache(maxsize=256)
def _references(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Wavefunction methods from the cheapest up, with the Hartree-Fock that always runs."""
    if names is None:
        return None
    found = {"hf", *(parse_references(",".join(names)) or ())} if names else {"hf"}
    methods = [name for name in WAVEFUNCTION_METHODS if name in found]
    return (*methods, *sorted(found.difference(methods)))
