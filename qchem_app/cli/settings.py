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


def settings_from_options(**values: Any) -> Settings:
    """Settings with these values.

    Raises:
        UsageError: a value is out of range or not finite, or would do nothing for the ansatz.
    """
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][-1])
        option = _OPTIONS.get(name, "--" + name.replace("_", "-"))
        message = first["msg"].removeprefix("Input ")
        raise UsageError(f"{option} {message}, but {first['input']} was given.") from None
    for name, ansaetze in _ONLY_FOR.items():
        value = getattr(settings, name)
        if value != Settings.model_fields[name].default and settings.ansatz not in ansaetze:
            raise UsageError(
                f"--{name} {value} would do nothing with --ansatz {settings.ansatz}: it is for "
                f"{', '.join(ansaetze)}."
            )
    return settings
