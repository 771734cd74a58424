"""plan_tasks(): candidates and settings in, tasks out; what cannot be a task says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from qchem_app.chemistry.basis import check_basis
from qchem_app.chemistry.space_request import parse_active_space
from qchem_app.errors import InputError, QchemError
from qchem_app.printable import printable
from qchem_app.references.catalogue import parse_references
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.canonical import canonical
from qchem_app.screening.task import Task

#: What tasks of a screening use unless told: the same on every machine, so that ids are.
DEFAULT_THREADS = 1
DEFAULT_MEMORY_MB = 2000.0


def complete(settings: Settings) -> Settings:
    """The settings with threads and memory given, the screening's defaults where they are not."""
    return settings.model_copy(
        update={
            "threads": settings.threads or DEFAULT_THREADS,
            "memory_limit": settings.memory_limit or DEFAULT_MEMORY_MB,
        }
    )


def plan_tasks(
    candidates: Iterable[Candidate], settings: Settings
) -> list[tuple[Candidate, Task | None]]:
    """A task for every candidate; those that cannot have one come with a sentence.

    Args:
        candidates: broken ones pass through.
        settings: of all; a candidate's overrides beat them. What both come to is spelt in one
            way, so that the same calculation is the same task.
    """
    settings = complete(settings)
    pairs: list[tuple[Candidate, Task | None]] = []
    for candidate in candidates:
        if candidate.geometry is None:
            pairs.append((candidate, None))
            continue
        try:
            own = _overridden(settings, candidate.overrides)
            _check(own, tuple(dict.fromkeys(candidate.geometry.molecule.symbols)))
            pairs.append((candidate, Task.of(candidate.geometry, canonical(own))))
        except QchemError as error:
            pairs.append((replace(candidate, geometry=None, error=str(error)), None))
    return pairs


def _overridden(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    if not overrides:
        return settings
    values = {**settings.model_dump(), **overrides}
    if isinstance(values["references"], str):
        values["references"] = parse_references(values["references"])
    try:
        return complete(Settings.model_validate(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = printable(".".join(str(part) for part in first["loc"]))
        found = printable(str(first["input"]))[:60]
        reason = first["msg"].removeprefix("Input ").removeprefix("Value error, ")
        raise InputError(f"{field} {reason}, found {found}") from None


def _check(settings: Settings, symbols: tuple[str, ...]) -> None:
    """Find what solve() would only find in a worker; every combination once."""
    for message in (
        _basis_error(settings.basis, symbols),
        _space_error(settings.active_space),
        _references_error(settings.references),
    ):
        if message:
            raise InputError(message)


@lru_cache(maxsize=4096)
def _basis_error(basis: str, symbols: tuple[str, ...]) -> str:
    try:
        check_basis(basis, symbols)
    except QchemError as error:
        return str(error)
    return ""


@lru_cache(maxsize=4096)
def _space_error(text: str) -> str:
    try:
        parse_active_space(text)
    except QchemError as error:
        return str(error)
    return ""


@lru_cache(maxsize=256)
def _references_error(names: tuple[str, ...] | None) -> str:
    try:
        parse_references(",".join(names or ("none",)))
    except QchemError as error:
        return str(error)
    return ""
