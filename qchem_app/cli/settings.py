"""Settings from command-line options, with the option's name in every complaint."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from qchem_app.errors import UsageError
from qchem_app.result import Settings

#: Option that sets a field, where the names differ.
_OPTIONS = {
    "energy_tolerance": "--tolerance",
    "memory_limit": "--memory",
    "references": "--reference",
}
#: Ansätze for which an option means something, where not for all.
_ONLY_FOR = {
    "layers": ("upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"),
    "entangler": ("hea-ry", "hea-ry-rz"),
    "starts": ("upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"),
    "guess": ("uccsd", "qeb-uccsd"),
}


def settings_from_options(
    *,
    reference: str | None,
    no_symmetry: bool,
    needs_qubits: bool = False,
    **values: Any,
) -> Settings:
    """Settings from options, whose names are those of the settings where not given here.

    Args:
        reference: names separated by commas.
        needs_qubits: something is asked for that has no meaning without a mapping.

    Raises:
        UsageError: a value is out of range or not finite, or would do nothing for the ansatz.
    """
    from qchem_app.chemistry.space_request import parse_active_space
    from qchem_app.references.catalogue import parse_references

    values["references"] = None if reference is None else parse_references(reference)
    values["symmetry"] = not no_symmetry
    needs_qubits |= bool(values.get("device") or values.get("taper"))
    if values.get("mapping") is None and (
        needs_qubits or str(values.get("ansatz")).startswith("hea")
    ):
        values["mapping"] = "jordan-wigner"
    settings = _settings(values)
    parse_active_space(settings.active_space)
    for name, ansaetze in _ONLY_FOR.items():
        value = getattr(settings, name)
        if value != Settings.model_fields[name].default and settings.ansatz not in ansaetze:
            raise UsageError(
                f"--{name} {value} would do nothing with --ansatz {settings.ansatz}: it is for "
                f"{', '.join(ansaetze)}."
            )
    return settings


def _settings(values: dict[str, Any]) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][-1])
        option = _OPTIONS.get(name, "--" + name.replace("_", "-"))
        message = first["msg"].removeprefix("Input ")
        raise UsageError(f"{option} {message}, but {first['input']} was given.") from None
