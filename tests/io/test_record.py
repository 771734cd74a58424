"""Records on disk: what is written, and one sentence for everything that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qchem_app.errors import InputError
from qchem_app.io.record import (
    input_record,
    read_record,
    recorded_geometry,
    to_json,
    write_record,
)
from qchem_app.result import SolveResult


def test_round_trip_through_a_file(water: SolveResult, tmp_path: Path) -> None:
    write_record(water, tmp_path / "water.json")
    assert to_json(read_record(tmp_path / "water.json")) == to_json(water)


def test_json_has_the_promised_fields(water: SolveResult) -> None:
    record = json.loads(to_json(water))
    assert record["schema_version"] == "1.2"
    assert set(record["methods"][0]) >= {
        "name", "energy", "error_mha", "converged", "seconds", "notes"
    }  # fmt: skip
    assert record["active_space"]["norb"] == 7
    assert record["active_space"]["nelec"] == [5, 5]


def spoil(record: dict[str, Any], path: str, value: object) -> bytes:
    *parents, last = path.split(".")
    part: Any = record
    for name in parents:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema_version", "2.0", "schema_version is '2.0', but this program reads \"1.2\""),
        ("methods.0.energy", None, "the record is not complete, methods[0].energy is missing"),
        ("input.sha256", None, "the record is not complete, input.sha256 is missing"),
        ("methods.1.energy", "low", "methods[1].energy is not as it should be (input should be"),
        ("methods.1.energy", float("nan"), "methods[1].energy is not as it should be (input"),
        ("provenance.colour", "red", "provenance.colour is not as it should be (extra inputs"),
    ],
)
def test_wrong_fields_are_named(
    water: SolveResult, tmp_path: Path, path: str, value: object, message: str
) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(spoil(json.loads(to_json(water)), path, value))
    with pytest.raises(InputError) as caught:
        read_record(file)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty: give the file that `qchem solve -o` wrote"),
        (b"2\n\nH 0 0 0\n", "this is not JSON ("),
        (b"[1, 2]", "this is JSON, but not a record: "),
        (b"\xff\xfe\x00", "this is not JSON ("),
        (b"[" * 100_000, "this is not JSON ("),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_record(file)
    assert str(caught.value).startswith(f"{file}: {message}")


def test_a_truncated_record_is_told_apart(water: SolveResult, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(to_json(water)[:500])
    with pytest.raises(InputError, match=r"the file ends early .* write it again"):
        read_record(file)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_record(tmp_path / "none.json")
    with pytest.raises(InputError, match="this is a directory"):
        read_record(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_record("null\0.json")


def test_recorded_geometry_is_the_input(water: SolveResult) -> None:
    geometry = recorded_geometry(water.input)
    assert geometry.source == "molecules/h2o.xyz"
    assert geometry.sha256 == water.input.sha256
    assert geometry.molecule.symbols == ("O", "H", "H")
    assert geometry.molecule.coordinates.tolist() == [
        list(atom) for atom in water.input.coordinates_bohr
    ]
    assert geometry.molecule.n_electrons == water.input.n_electrons
    assert input_record(geometry) == water.input
