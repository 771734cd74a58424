"""The record: round trip through JSON, what it refuses, what counts as converged."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qchem_app.io.record import parse_record, to_json
from qchem_app.result import (
    ActiveSpaceRecord,
    EngineRecord,
    InputRecord,
    MeanFieldRecord,
    MethodResult,
    Provenance,
    Settings,
    SolveResult,
    TracePoint,
    VQERecord,
)

number = st.floats(allow_nan=False, allow_infinity=False)
count = st.integers(0, 10**12)
text = st.text(max_size=12)
texts = st.lists(text, max_size=3).map(tuple)


def several(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, max_size=3).map(tuple)


settings = st.builds(
    Settings,
    references=st.none() | texts,
    guess=st.sampled_from(["mp2", "ccsd"]),
    energy_tolerance=st.floats(1e-300, 1e300),
    memory_limit=st.none() | st.floats(1e-3, 1e9),
    seed=st.integers(-(2**70), 2**70),
)
records = st.builds(
    SolveResult,
    input=st.builds(
        InputRecord,
        frame=st.none() | count,
        symbols=texts,
        coordinates_bohr=several(st.tuples(number, number, number)),
    ),
    settings=settings,
    mean_field=st.builds(MeanFieldRecord, energy=number, seconds=number, notes=texts),
    active_space=st.builds(ActiveSpaceRecord, orbital_energies=several(number)),
    methods=st.lists(
        st.builds(
            MethodResult,
            energy=st.none() | number,
            error_mha=st.none() | number,
            s_squared=st.none() | number,
            ground_state_energy=st.none() | number,
            seconds=number,
            notes=texts,
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    vqe=st.none()
    | st.builds(
        VQERecord,
        energy=number,
        gradient_norm=number,
        n_particles=number,
        s_squared=number,
        s_z=number,
        natural_occupations=several(number),
        dipole_debye=st.none() | st.tuples(number, number, number),
        parameters=several(number),
        trace=several(st.builds(TracePoint, energy=number, gradient_norm=number, seconds=number)),
    ),
    engine=st.none() | st.builds(EngineRecord, excitations=several(several(count | text))),
    notes=texts,
    provenance=st.builds(
        Provenance,
        versions=st.dictionaries(text, text, max_size=3),
        machine=st.dictionaries(text, text | count, max_size=3),
        command=st.none() | texts,
    ),
)


@given(records)
def test_every_record_survives_json(record: SolveResult) -> None:
    again = parse_record(to_json(record).encode(), "record.json")
    # Excitations are of any type, so JSON turns their tuples to lists.
    assert to_json(again) == to_json(record)
    assert again.methods == record.methods
    assert again.vqe == record.vqe
    assert again.settings == record.settings


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_energies_are_finite(bad: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        MethodResult(name="hf", energy=bad, converged=True, seconds=0.0)


def test_records_are_immutable(water: SolveResult) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        water.verdict = "better"  # type: ignore[misc]


def with_method(record: SolveResult, name: str, **changes: object) -> SolveResult:
    methods = tuple(m.model_copy(update=changes) if m.name == name else m for m in record.methods)
    return record.model_copy(update={"methods": methods})


@pytest.mark.parametrize("name", ["vqe", "fci"])
def test_converged_needs_vqe_and_fci(water: SolveResult, name: str) -> None:
    assert water.converged
    assert not with_method(water, name, converged=False).converged


def test_converged_does_not_need_an_fci_that_was_not_run(water: SolveResult) -> None:
    assert with_method(water, "fci", converged=False, energy=None).converged


def test_converged_needs_the_mean_field(water: SolveResult) -> None:
    mean_field = water.mean_field.model_copy(update={"converged": False})
    assert not water.model_copy(update={"mean_field": mean_field}).converged
