"""Checkpoint: everything that a stopped run needs to go on as if it had not been stopped.

One NumPy archive without pickled objects: arrays, and a JSON header. The integrals are part of
it, because orbitals that are computed again may come back with other signs, and then the saved
parameters would belong to another state.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import InputError
from qchem_app.io.atomic_file import write_atomic
from qchem_app.result import ActiveSpaceRecord, MeanFieldRecord, MethodResult
from qchem_app.vqe.saved_state import OptimiserState, dump_state, load_state

_FORMAT = "qchem-checkpoint-1"

# What NumPy, the zip reader and the parts below say of a file that is not a checkpoint.
_MALFORMED = (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The finished stages of a run.

    Attributes:
        fingerprint: of the input and of every setting that affects the answer.
        mean_field, active_space, hamiltonian: None where that stage was not finished.
        methods: references that were finished.
        state: of the optimisation, None where it had not begun.
    """

    fingerprint: str
    mean_field: MeanFieldRecord | None = None
    active_space: ActiveSpaceRecord | None = None
    hamiltonian: MolecularHamiltonian | None = None
    methods: tuple[MethodResult, ...] = ()
    state: OptimiserState | None = None


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write atomically: the old file stays whole until the new one is.

    Raises:
        InputError: the file cannot be written.
    """
    header: dict[str, Any] = {
        "format": _FORMAT,
        "fingerprint": checkpoint.fingerprint,
        "mean_field": _dump(checkpoint.mean_field),
        "active_space": _dump(checkpoint.active_space),
        "methods": [_dump(method) for method in checkpoint.methods],
    }
    arrays: dict[str, np.ndarray] = {}
    if (ham := checkpoint.hamiltonian) is not None:
        header["hamiltonian"] = {}
        for field in fields(ham):
            value = getattr(ham, field.name)
            if isinstance(value, np.ndarray):
                arrays[f"hamiltonian.{field.name}"] = value
            else:
                header["hamiltonian"][field.name] = value
    if checkpoint.state is not None:
        state_header, state_arrays = dump_state(checkpoint.state)
        header |= state_header
        arrays |= state_arrays
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        InputError: the file cannot be read, or is no checkpoint of this version.
    """
    try:
        # from memory, so that a broken archive leaves no open file behind
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays["header"]))
        if header["format"] != _FORMAT:
            raise ValueError(f"format {header['format']!r}")
        return _assemble(header, arrays)
    except OSError as error:
        raise InputError(
            f"{path}: cannot read the checkpoint ({error.strerror or error}); "
            "check the file, or start again without --resume"
        ) from error
    except (*_MALFORMED, ValidationError) as error:
        raise InputError(
            f"{path}: not a checkpoint of this version of qchem; delete it, or name another "
            "with --checkpoint"
        ) from error


def _dump(record: Any) -> Any:
    return None if record is None else record.model_dump(mode="json")


def _assemble(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Checkpoint:
    hamiltonian = None
    if "hamiltonian" in header:
        values: dict[str, Any] = {
            name.removeprefix("hamiltonian."): array
            for name, array in arrays.items()
            if name.startswith("hamiltonian.")
        }
        values |= header["hamiltonian"]
        values["nelec"] = tuple(values["nelec"])
        hamiltonian = MolecularHamiltonian(**values)
    return Checkpoint(
        fingerprint=header["fingerprint"],
        mean_field=_load(MeanFieldRecord, header["mean_field"]),
        active_space=_load(ActiveSpaceRecord, header["active_space"]),
        hamiltonian=hamiltonian,
        methods=tuple(MethodResult.model_validate(method) for method in header["methods"]),
        state=load_state(header, arrays),
    )


def _load(model: Any, value: Any) -> Any:
    return None if value is None else model.model_validate(value)
