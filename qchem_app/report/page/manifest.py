"""How a record was computed, as labelled facts."""

from __future__ import annotations

from typing import Any

from qchem_app.report.page.data import Facts
from qchem_app.result import SolveResult


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
        group("Settings", result.settings.model_dump(mode="json")),
        group("Versions", versions),
        group("Machine", machine),
    ]


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
