"""How a record was computed, as labelled facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qchem_app.report.page.data import Facts
from qchem_app.result import SolveResult

#: Of settings that have one.
_UNITS = {
    "symmetry_tolerance": "Bohr",
    "energy_tolerance": "Ha",
    "time_limit": "s",
    "memory_limit": "MB",
    "target_error": "Ha",
    "time": "ns",  # of the noise model's gates
    "t1": "µs",
    "t2": "µs",
}


def record_manifest(result: SolveResult, task_id: str | None) -> list[Facts]:
    """Input, settings, versions, machine: enough to do it again."""
    molecule, provenance = result.input, result.provenance
    run = {
        "command": " ".join(provenance.command or ()),
        "when": provenance.created,
        "task": task_id or "",
        "schema": result.schema_version,
    }
    given = {
        "file": molecule.source,
        "frame": "" if molecule.frame is None else molecule.frame,
        "sha256": molecule.sha256,
    }
    machine = {
        **provenance.machine,
        "threads": provenance.threads,
        "seed": provenance.seed,
    }
    versions = {**provenance.versions, "git commit": provenance.git_commit or ""}
    return [
        group("Run", run),
        group("Input", given),
        settings_group(result.settings.model_dump(mode="json")),
        group("Versions", versions),
        group("Machine", machine),
    ]


def settings_group(settings: Mapping[str, Any]) -> Facts:
    """Settings as texts with their units; those that have no effect beside the others are left out.

    Args:
        settings: of a record or of a run, as `Settings` writes them.
    """
    device = settings.get("device") or {}
    idle = {name for name, needed in _needed(settings).items() if not needed}
    idle_device = {name for name, needed in _needed_of_device(device).items() if not needed}
    shown: dict[str, Any] = {
        name: _with_unit(name, value)
        for name, value in settings.items()
        if name not in idle and name != "device"
    }
    measured = {
        name: _with_unit(name, value) for name, value in device.items() if name not in idle_device
    }
    return group("Settings", {**shown, **({"device": measured} if measured else {})})


def _needed(settings: Mapping[str, Any]) -> dict[str, bool]:
    """Of settings that belong to others: whether those are there."""
    ansatz = settings.get("ansatz")
    rotations = ansatz in ("hea-ry", "hea-ry-rz")
    layered = rotations or ansatz in ("upccgsd", "hea-exchange")
    qubits = rotations or settings.get("mapping") is not None or bool(settings.get("device"))
    return {
        "layers": layered,
        "starts": layered,
        "entangler": rotations,
        "guess": not layered,
        "taper": qubits or settings.get("taper") is True,
        "compact": qubits,
        "symmetry_tolerance": settings.get("symmetry") is not False,
    }


def _needed_of_device(device: Mapping[str, Any]) -> dict[str, bool]:
    shots = device.get("shots") is not None or device.get("target_error") is not None
    searched = device.get("optimize_on") == "backend"
    return {
        "engine": device.get("backend") != "exact",
        "grouping": shots,
        "allocation": shots,
        "optimizer": searched,
        "optimizer_iterations": searched,
    }


def _with_unit(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_unit(key, each) for key, each in value.items()}
    unit = _UNITS.get(name)
    return value if unit is None or not isinstance(value, (int, float)) else f"{value:g} {unit}"


def group(heading: str, facts: dict[str, Any]) -> Facts:
    """Facts as texts; those that say nothing are left out."""
    return heading, tuple(
        (name if name.isupper() else name.replace("_", " "), text)
        for name, value in _flat(facts)
        if (text := _text(value)) != ""
    )


def _flat(facts: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in facts.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{prefix}{name} ")
        else:
            flat.append((f"{prefix}{name}", value))
    return flat


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(each) for each in value)
    return str(value)
