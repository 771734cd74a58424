"""Fields of records of every kind, and of runs of every kind."""

from __future__ import annotations

import math

import pytest

from qchem_app.io.record import parse_record, to_json
from qchem_app.result import DeviceSettings, Settings, SolveResult
from qchem_app.screening.expression import parse_expression
from qchem_app.screening.fields import FIELDS, fields_of, method_id
from qchem_app.solve import solve

NAMES = list(FIELDS)[5:]


def changed(record: SolveResult, name: str, **changes: object) -> SolveResult:
    methods = tuple(m.model_copy(update=changes) if m.name == name else m for m in record.methods)
    return record.model_copy(update={"methods": methods})


def test_a_full_record(water: SolveResult) -> None:
    fields = fields_of(water)
    assert list(fields) == NAMES
    assert fields["formula"] == "H2O"
    assert fields["natoms"] == 3
    assert fields["space"] == "full (10e,7o)"
    assert (fields["qubits"], fields["nelec"], fields["qubits_whole"]) == (14, 10, 14)
    energies = {m.name: m for m in water.methods}
    assert fields["e_fci"] == energies["fci"].energy
    assert fields["error_mha"] == pytest.approx(energies["vqe"].error_mha, abs=0.01)
    assert fields["error_hf_mha"] == pytest.approx(energies["hf"].error_mha, abs=0.01)
    assert fields["correlation_mha"] == fields["error_hf_mha"]
    assert fields["best"] == "fci"
    assert fields["e_b3lyp"] == energies["b3lyp"].energy
    assert not [name for name in fields if name.startswith("error") and "b3lyp" in name]


def test_energies_that_did_not_converge_are_left_out(water: SolveResult) -> None:
    fields = fields_of(changed(water, "ccsd(t)", converged=False))
    assert fields["e_ccsd_t"] is None
    assert "ccsd_t" in str(fields["unconverged"]).split(",")


def test_a_vqe_that_stopped_early_is_still_an_upper_bound(water: SolveResult) -> None:
    fields = fields_of(changed(water, "vqe", converged=False))
    assert fields["e_vqe"] is not None
    assert fields["unconverged"] == "ccsd,vqe" or "vqe" in str(fields["unconverged"])
    assert fields["converged"] is False


def test_a_refused_method_did_not_fail(water: SolveResult) -> None:
    fields = fields_of(changed(water, "fci", energy=None, converged=False, seconds=0.0))
    assert fields["e_fci"] is None
    assert "fci" not in str(fields["unconverged"])
    assert fields["best"] != "fci"


@pytest.mark.parametrize("missing", ["vqe", "engine", "diagnostics", "circuit"])
def test_parts_that_a_record_lacks(water: SolveResult, missing: str) -> None:
    fields = fields_of(water.model_copy(update={missing: None}))
    assert list(fields) == NAMES
    assert fields["triage"]


def test_only_hartree_fock(water: SolveResult) -> None:
    record = water.model_copy(
        update={"methods": water.methods[:1], "vqe": None, "engine": None, "diagnostics": None}
    )
    fields = fields_of(record)
    assert (fields["best"], fields["correlation_mha"]) == ("hf", 0.0)
    assert fields["triage"] == "not judged"


@pytest.mark.parametrize(
    ("changes", "sound"),
    [
        ({"s_squared": 0.001}, True),
        ({"s_squared": 0.2}, False),
        ({"n_particles": 9.5}, False),
        ({"s_z": 0.5}, False),
        ({"standard_error": 1e-4}, False),
    ],
)
def test_an_upper_bound_has_the_right_electrons_and_spin(
    water: SolveResult, changes: dict[str, float], sound: bool
) -> None:
    assert water.vqe is not None
    right = {"n_particles": 10.0, "s_squared": 0.0, "s_z": 0.0, "standard_error": None}
    vqe = water.vqe.model_copy(update={**right, **changes})
    assert fields_of(water.model_copy(update={"vqe": vqe}))["vqe_sound"] is sound


def test_frozen_and_left_out_orbitals(water: SolveResult) -> None:
    space = water.active_space.model_copy(
        update={
            "kind": "natural", "requested": "auto", "n_core": 3, "n_virtual": 10, "norb": 5,
            "nelec": (2, 2),
        }
    )  # fmt: skip
    fields = fields_of(water.model_copy(update={"active_space": space}))
    assert fields["space_cut"] is True
    assert fields["qubits_whole"] == 2 * (5 + 10 + 2)  # oxygen's 1s stays out
    assert water.engine is not None
    share = water.engine.determinants / water.engine.determinants_without_symmetry
    assert fields["determinants_whole"] == pytest.approx(share * math.comb(17, 4) ** 2)


@pytest.mark.parametrize(
    ("kind", "requested", "core_and_virtual", "cut"),
    [
        ("natural", "natural:0.02", (3, 10), True),  # asked for: a part all the same
        ("cas", "cas(4,5)", (3, 0), True),
        ("avas", "avas:O 2p", (1, 4), True),
        ("full", "auto", (0, 0), False),
        ("frozen-core", "auto", (1, 0), False),
        ("cas", "cas(8,6)", (1, 0), False),  # all but the chemical core, said in other words
    ],
)
def test_spaces_that_leave_orbitals_out_are_cut(
    water: SolveResult, kind: str, requested: str, core_and_virtual: tuple[int, int], cut: bool
) -> None:
    n_core, n_virtual = core_and_virtual
    space = water.active_space.model_copy(
        update={"kind": kind, "requested": requested, "n_core": n_core, "n_virtual": n_virtual}
    )
    fields = fields_of(water.model_copy(update={"active_space": space}))
    assert fields["space_cut"] is cut
    assert ("no quantum computer is needed" in str(fields["triage_reason"])) <= (not cut)


def test_a_method_cut_short_is_said(water: SolveResult) -> None:
    assert fields_of(water)["cut_short"] == ""
    record = changed(
        water, "fci", energy=None, converged=False, seconds=180.0, cut_short=True, notes=("why",)
    )
    fields = fields_of(record)
    assert fields["cut_short"] == "fci"
    assert "fci" in str(fields["unconverged"]).split(",")
    assert fields["converged"] is False


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("ccsd(t)", "ccsd_t"), ("B3LYP", "b3lyp"), ("b88,lyp", "b88_lyp"), ("wb97x-v", "wb97x_v")],
)
def test_names_of_methods(name: str, identifier: str) -> None:
    assert method_id(name) == identifier


def test_every_field_is_explained_and_can_stand_in_a_formula() -> None:
    for name, (unit, meaning) in FIELDS.items():
        assert name.isidentifier()
        assert meaning
        assert unit == unit.strip()
        assert parse_expression(name, FIELDS).names == {name}


def run(repository, name, **settings):
    return solve(repository / "molecules" / f"{name}.xyz", Settings(threads=1, **settings))


def test_a_run(repository) -> None:
    result = run(repository, "lih")
    fields = fields_of(result)
    assert fields["triage"] == "classical is enough"
    assert fields["t1"] == result.diagnostics.t1
    assert fields["cnots_about"] == sum(
        13 if len(e[1]) + len(e[2]) == 2 else 2 for e in result.engine.excitations
    )
    assert 5 < fields["homo_lumo_gap_ev"] < 15
    assert fields["dipole_debye"] == pytest.approx(4.8, abs=0.5)
    # what a store holds is the JSON
    assert fields_of(parse_record(to_json(result).encode(), "r")) == fields


def test_a_record_of_an_older_version_is_judged_without_diagnostics(repository) -> None:
    result = run(repository, "h2", references=("ccsd", "fci"))
    old = result.model_dump(mode="json")
    old["schema_version"] = "1.1"
    del old["diagnostics"]
    for method in old["methods"]:
        del method["amplitudes"]
    import json

    record = parse_record(json.dumps(old).encode(), "old.json")
    fields = fields_of(record)
    assert fields["t1"] is None
    assert fields["triage"] == "classical is enough"
    assert to_json(record) != to_json(result)


def test_a_run_without_excitations(repository) -> None:
    fields = fields_of(run(repository, "h2", ansatz="hea-ry", references=("fci",)))
    assert (fields["determinants"], fields["cnots_about"]) == (None, None)
    assert fields["qubits"] == 4
    assert fields["parameters"] > 0
    assert fields["cnots"] > 0
    assert fields["vqe_sound"] is True


def test_a_measured_run(repository) -> None:
    device = DeviceSettings(backend="simulator", shots=20_000)
    fields = fields_of(
        run(repository, "h2", mapping="parity", taper=True, device=device, references=("fci",))
    )
    assert fields["qubits"] < 4
    assert fields["e_raw"] == pytest.approx(fields["e_ideal"], abs=0.05)
    assert fields["se_raw_mha"] > 0
    assert fields["error_raw_mha"] == pytest.approx((fields["e_raw"] - fields["e_fci"]) * 1e3)
    assert fields["e_mitigated"] is None


def test_open_shells(repository) -> None:
    fields = fields_of(run(repository, "oh", references=("ccsd(t)", "fci")))
    assert fields["multiplicity"] == 2
    assert fields["unpaired_electrons"] > 0.99
    assert fields["homo_lumo_gap_ev"] is None
    assert fields["vqe_sound"] is True
