"""Sidecars and the YAML below them: data only, and every key known."""

from __future__ import annotations

from pathlib import Path

import pytest

from qchem_app.errors import InputError
from qchem_app.io.sidecar import read_sidecar, sidecar_of_file, sidecar_of_folder
from qchem_app.io.yaml_text import parse_yaml


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that messages hold names instead of long paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(text: str | bytes) -> dict[str, object]:
    Path("m.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_sidecar("m.yaml")


def test_values_are_those_of_yaml() -> None:
    assert said("charge: +1\nActive-Space: [6, 6]\nreferences: mp2, fci\ntaper: yes\n") == {
        "charge": 1,
        "active_space": [6, 6],
        "references": "mp2, fci",
        "taper": True,
    }
    assert said('{"basis": "6-31g", "mapping": null}') == {"basis": "6-31g", "mapping": None}
    assert said("# nothing yet\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chrage: 1", 'm.yaml: "chrage" is not known: did you mean charge?'),
        (
            "colour: red",
            'm.yaml: "colour" is not known: use name, charge, multiplicity, basis, active_space, '
            "references or another setting",
        ),
        ("smiles: O", 'm.yaml: "smiles" is not known: use name,'),
        ("spin: 1", 'm.yaml: "spin" can mean S, 2S or 2S + 1'),
        ("charge: 1\nCharge: 2", "m.yaml: charge is there twice: keep one of them"),
        ("charge: 1\ncharge: 2", "m.yaml: 'charge' is there twice, again in line 2"),
        ("- charge", "m.yaml: a sidecar must hold lines such as charge: 1"),
        ("charge", "m.yaml: a sidecar must hold lines such as charge: 1"),
        ("", "m.yaml: the file is empty: it must hold settings"),
        ("a: &x 1\nb: *x", "m.yaml: aliases (*name) are not read: write the values out"),
        (
            "charge: !!python/object/apply:os.system [touch hacked]",
            "m.yaml: not valid YAML in line 1",
        ),
        ("charge: [1", "m.yaml: not valid YAML in line 1"),
        ("charge: 2020-99-99", "m.yaml: not valid YAML (month must be in 1..12): correct it"),
        ("[" * 5000, "m.yaml: nested too deeply: correct it"),
        (b"charge: \x00", "m.yaml: the file is binary"),
        ("a: " + "b" * 2**20, "m.yaml: the file is larger than 1 MB, the most that is read"),
    ],
)
def test_refusals(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        said(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert not Path("hacked").exists()


def test_keys_that_are_no_text() -> None:
    for text in ("1: 2", "null: 2", "[a, b]: 2", "true: 2"):
        with pytest.raises(InputError):
            said(text)


def test_where_sidecars_are() -> None:
    assert sidecar_of_file("h2o.xyz") is None
    assert sidecar_of_folder(".") is None
    Path("h2o.yaml").touch()
    Path("settings.yml").touch()
    assert sidecar_of_file("h2o.xyz") == "h2o.yaml"
    assert sidecar_of_file("h2o.json") == "h2o.yaml"
    assert sidecar_of_folder(".") == "./settings.yml"
    assert sidecar_of_file("settings.xyz") is None  # it speaks for the whole folder


def test_two_of_them() -> None:
    Path("h2o.yaml").touch()
    Path("h2o.yml").touch()
    with pytest.raises(InputError) as caught:
        sidecar_of_file("h2o.xyz")
    assert str(caught.value) == "h2o.yaml: there is h2o.yml as well: keep one of them"


def test_plain_data_only() -> None:
    assert parse_yaml("a: [1, 2.5, yes, x, null]", "f") == {"a": [1, 2.5, True, "x", None]}
