"""Sidecars: what is to be done with a geometry, in a YAML file beside it.

h2o.yaml        of h2o.xyz (or h2o.json, or every frame of it) alone
settings.yaml   of everything in its folder

charge: 1
multiplicity: 2
basis: 6-31g
active_space: [6, 6]
references: [mp2, fci]
"""

from __future__ import annotations

import os
from typing import Any

from qchem_app.errors import InputError
from qchem_app.io.candidate_words import SIDECAR_WORDS, find_word
from qchem_app.io.source import decode, excerpt, path_label, read_source
from qchem_app.io.yaml_text import parse_yaml

#: Name of the sidecar of a folder, without its ending.
FOLDER_STEM = "settings"
_ENDINGS = (".yaml", ".yml")
_LARGEST = 1 << 20


def sidecar_of_file(path: str) -> str | None:
    """The sidecar beside a file, if there is one.

    Raises:
        InputError: there are two.
    """
    stem = os.path.splitext(path)[0]
    return None if os.path.basename(stem) == FOLDER_STEM else _existing(stem)


def sidecar_of_folder(folder: str) -> str | None:
    """The sidecar of a folder, if there is one.

    Raises:
        InputError: there are two.
    """
    return _existing(os.path.join(folder, FOLDER_STEM))


def _existing(stem: str) -> str | None:
    found = [stem + ending for ending in _ENDINGS if os.path.lexists(stem + ending)]
    if len(found) > 1:
        raise InputError(
            f"{path_label(found[0])}: there is {path_label(os.path.basename(found[1]))} as well: "
            "keep one of them"
        )
    return found[0] if found else None


def read_sidecar(path: str) -> dict[str, Any]:
    """What a sidecar says, by the words of `SIDECAR_WORDS`; the values as YAML has them.

    Raises:
        InputError: it cannot be read, is no mapping, or has a key that is not known.
    """
    source = read_source(path, _LARGEST, holds="settings")
    data = parse_yaml(decode(source), source.label)
    if data is None:  # nothing but comments
        return {}
    if not isinstance(data, dict):
        raise InputError(f"{source.label}: a sidecar must hold lines such as charge: 1")
    values: dict[str, Any] = {}
    for key, value in data.items():
        try:
            word = find_word(str(key), SIDECAR_WORDS)
        except InputError as error:
            raise InputError(f"{source.label}: {error}") from None
        if word is None:
            raise InputError(
                f'{source.label}: "{excerpt(str(key), 40)}" is not known: use '
                f"{', '.join(SIDECAR_WORDS[:6])} or another setting"
            )
        if word in values:
            raise InputError(f"{source.label}: {word} is there twice: keep one of them")
        values[word] = value
    return values
