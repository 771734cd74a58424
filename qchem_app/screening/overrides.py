"""What is said for one candidate: its charge, its multiplicity, settings of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from qchem_app.chemistry.space_request import parse_active_space
from qchem_app.errors import InputError
from qchem_app.io.candidate_words import SETTINGS, multiplicity_number, whole_number
from qchem_app.io.source import excerpt
from qchem_app.references.catalogue import parse_references
from qchem_app.result import Settings

#: Settings that can be left to the program.
_OPTIONAL = {name for name, info in Settings.model_fields.items() if info.default is None}
_LEFT_OPEN = ("none", "null", "auto", "default")


@dataclass(frozen=True)
class Said:
    """What one place says about a candidate, or several places on top of each other.

    Attributes:
        name: of the candidate; empty where nothing is said.
        charge: units of e.
        multiplicity: 2S + 1.
        settings: by the names of `Settings`.
    """

    name: str = ""
    charge: int | None = None
    multiplicity: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def under(self, stronger: Said) -> Said:
        """Both together, where `stronger` is right if they disagree."""
        return replace(
            self,
            name=stronger.name or self.name,
            charge=self.charge if stronger.charge is None else stronger.charge,
            multiplicity=(
                self.multiplicity if stronger.multiplicity is None else stronger.multiplicity
            ),
            settings={**self.settings, **stronger.settings},
        )


def understand(values: Mapping[str, object], where: str) -> Said:
    """What cells of a table (text) or keys of a sidecar (numbers, lists, text) mean.

    Args:
        values: by the words of `qchem_app.io.candidate_words`; others than those of `Said` are
            left to the caller.
        where: what messages begin with.

    Raises:
        InputError: a value that its word cannot have.
    """
    try:
        charge = values.get("charge")
        multiplicity = _multiplicity(values.get("multiplicity"))
        return Said(
            name=_name(values.get("name")),
            charge=None if charge is None else whole_number("charge", charge),
            multiplicity=multiplicity,
            settings={n: setting(n, values[n]) for n in SETTINGS if n in values},
        )
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def setting(name: str, value: object) -> Any:
    """The value of one of the `Settings`, from text or YAML.

    Raises:
        InputError: it cannot have this value.
    """
    blank = value is None or str(value).strip().lower() in _LEFT_OPEN
    if name == "references":  # "none" is an answer here
        return None if value is None else parse_references(_joined(name, value))
    if name in _OPTIONAL and blank:
        return None
    if name == "active_space":
        text = _joined(name, value)
        parse_active_space(text)
        return text
    if isinstance(value, bool) and Settings.model_fields[name].annotation is not bool:
        raise InputError(f"{name} cannot be {str(value).lower()}: put a text in quotes")
    try:
        return getattr(Settings.model_validate({name: value}), name)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"].removeprefix("Input ")
        raise InputError(f'{name} {problem}, found "{excerpt(str(value), 40)}"') from None


def _joined(name: str, value: object) -> str:
    """Text, or a YAML list of it: [6, 6] is "6,6"."""
    if isinstance(value, list) and all(
        isinstance(item, str | int) and not isinstance(item, bool) for item in value
    ):
        return ",".join(str(item) for item in value)
    if isinstance(value, str):
        return value
    raise InputError(f'{name} must be text or a list, found "{excerpt(str(value), 40)}"')


def _multiplicity(value: object) -> int | None:
    if value is None:
        return None
    multiplicity = multiplicity_number(value)
    if multiplicity < 1:
        raise InputError(f"the multiplicity must be 1 or more, found {multiplicity}")
    return multiplicity


def _name(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(f'name must be text, found "{excerpt(str(value), 40)}"')
    return str(value)
