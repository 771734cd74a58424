from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum, commute
from qchem_app.measurement import partition
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.partition import Method, Preference, group_terms
from qchem_app.measurement.plan import MeasurementPlan

seeds = st.integers(0, 2**32 - 1)
methods = st.sampled_from(["qubit-wise", "fully-commuting"])
RandomSum = Callable[[int, int, int], PauliSum]
RandomState = Callable[[int, int], np.ndarray]
GetMeasured = Callable[..., Any]

#: Groups for (qubit-wise, fully commuting): the best that colouring methods of PennyLane gave.
LIMITS = {
    ("h4_chain", "full"): (67, 8),
    ("lih", "frozen-core"): (64, 13),
    ("lih", "full"): (149, 28),
    ("h2o", "full"): (314, 38),
}


def infinite_shots(plan: MeasurementPlan, state: np.ndarray) -> Moments:
    settings = [group.setting for group in plan.groups]
    sampler = IdealSampler(threads=1)
    return Moments.of(plan, sampler.sample_state(state.astype(complex), settings, None, None))


def same_letters(x: np.ndarray, z: np.ndarray) -> bool:
    """Whether strings agree at each qubit where both act."""
    both = (x | z)[:, None] & (x | z)
    return not np.any(((x[:, None] ^ x) | (z[:, None] ^ z)) & both)


@settings(max_examples=50)
@given(
    n=st.integers(1, 4),
    n_terms=st.integers(0, 40),
    method=methods,
    prefer=st.sampled_from(["shots", "groups"]),
    known=st.sampled_from(["nothing", "vector", "basis state"]),
    seed=seeds,
)
def test_a_plan_measures_the_observable(
    n: int,
    n_terms: int,
    method: Method,
    prefer: Preference,
    known: str,
    seed: int,
    random_sum: RandomSum,
    random_state: RandomState,
) -> None:
    observable, state = random_sum(n, n_terms, seed), random_state(n, seed)
    given_state = {"nothing": None, "vector": state, "basis state": seed % 2**n}[known]
    plan = make_plan(observable, method, prefer=prefer, state=given_state)
    terms = np.concatenate([np.zeros(0, dtype=int)] + [group.terms for group in plan.groups])
    told = plan.observable
    np.testing.assert_array_equal(np.sort(terms), np.flatnonzero((told.x != 0) | (told.z != 0)))
    for group in plan.groups:
        x, z = told.x[group.terms], told.z[group.terms]
        assert np.all(commute(x[:, None], z[:, None], x, z))
        if method == "qubit-wise":
            assert same_letters(x, z)
            assert group.setting.two_qubit_gates == 0
    if plan.groups:
        assert plan.fractions.sum() == pytest.approx(1.0)
        assert np.all(plan.fractions > 0)
    # another state than the one that the plan is made for
    other = random_state(n, seed + 1)
    moments = infinite_shots(plan, other)
    assert moments.energy == pytest.approx(observable.expectation(other), abs=1e-10)
    assert moments.variance == 0.0


@pytest.mark.parametrize("mapping", ["jordan-wigner", "parity", "bravyi-kitaev"])
@pytest.mark.parametrize("method", ["qubit-wise", "fully-commuting"])
def test_symmetries_are_read_along(measured: GetMeasured, mapping: str, method: Method) -> None:
    problem = measured("lih", "2,3", mapping)
    assert problem.symmetries
    plan = make_plan(problem.operator, method, symmetries=problem.symmetries)
    state = problem.state.astype(complex)
    groups = plan.groups
    counts = IdealSampler(threads=1).sample_state(state, [g.setting for g in groups], None, None)
    for group, count in zip(groups, counts, strict=True):
        assert len(group.symmetries) == len(problem.symmetries)
        letters = np.bitwise_or.reduce(plan.observable.x[group.terms])
        for (mask, _), found in zip(problem.symmetries, group.symmetries, strict=True):
            readable = method == "fully-commuting" or not int(letters) & mask
            assert (found is not None) == readable
            if found is None:
                continue
            likely = count.outcomes[count.weights > 1e-12]
            parity = np.bitwise_count(likely & np.uint64(found[0])) % 2
            np.testing.assert_array_equal(parity, found[1])
    assert infinite_shots(plan, problem.state).energy == pytest.approx(problem.energy, abs=1e-10)
    # the bit tells a wrong state from a right one
    wrong = np.zeros_like(state)
    wrong[
        int(np.argmax(np.abs(state))) ^ (problem.symmetries[0][0] & -problem.symmetries[0][0])
    ] = 1
    counts = IdealSampler(threads=1).sample_state(wrong, [g.setting for g in groups], None, None)
    for group, count in zip(groups, counts, strict=True):
        if (found := group.symmetries[0]) is not None:
            likely = count.outcomes[count.weights > 1e-12]
            assert np.all(np.bitwise_count(likely & np.uint64(found[0])) % 2 != found[1])


def test_what_is_no_symmetry_is_refused() -> None:
    observable = PauliSum.from_strings(2, [("XI", 0.5), ("ZZ", 1.0)])
    with pytest.raises(InputError, match=r"ZI is not a symmetry of the observable: .* XI"):
        make_plan(observable, symmetries=[(1, 0)])


def test_unknown_words_are_refused() -> None:
    observable = PauliSum.from_strings(1, [("X", 0.5)])
    with pytest.raises(UsageError, match="grouping method must be one of qubit-wise"):
        make_plan(observable, "any")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="grouping preference must be one of shots, groups"):
        make_plan(observable, prefer="few")  # type: ignore[arg-type]


def test_a_constant_needs_no_circuit() -> None:
    plan = make_plan(PauliSum.from_strings(2, [("II", -1.5)]))
    assert plan.groups == ()
    assert infinite_shots(plan, np.eye(4)[0]).energy == -1.5


def test_too_many_terms_for_matrices(
    random_sum: RandomSum, random_state: RandomState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "_LARGEST_SEARCH", 10)
    observable, state = random_sum(3, 50, 2), random_state(3, 2)
    for method in ("qubit-wise", "fully-commuting"):
        plan = make_plan(observable, method, state=state)  # type: ignore[arg-type]
        energy = infinite_shots(plan, state).energy
        assert energy == pytest.approx(observable.expectation(state), abs=1e-10)


def test_the_same_plan_every_time(measured: GetMeasured) -> None:
    problem = measured("h4_chain")
    first, second = (
        make_plan(problem.operator, "fully-commuting", state=problem.state) for _ in range(2)
    )
    for a, b in zip(first.groups, second.groups, strict=True):
        np.testing.assert_array_equal(a.terms, b.terms)
        assert a.setting.gates == b.setting.gates


@pytest.mark.parametrize("molecule", [("h4_chain", "full"), ("lih", "frozen-core")])
def test_few_groups(measured: GetMeasured, molecule: tuple[str, str]) -> None:
    terms = measured(*molecule).operator.without_constant()
    methods: list[Method] = ["qubit-wise", "fully-commuting"]
    found = [group_terms(terms, method, prefer="groups")[1].size for method in methods]
    assert found[0] <= LIMITS[molecule][0]
    assert found[1] <= LIMITS[molecule][1]


@pytest.mark.slow
@pytest.mark.parametrize("molecule", list(LIMITS))
def test_no_more_groups_than_pennylane(measured: GetMeasured, molecule: tuple[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PennyLane, about itself
        from pennylane.pauli import PauliWord, group_observables

    terms = measured(*molecule).operator.without_constant()
    words = []
    for string, _ in terms.strings():
        letters = {q: letter for q, letter in enumerate(string) if letter != "I"}
        words.append(PauliWord(letters).operation(wire_order=range(terms.n_qubits)))
    methods: list[tuple[Method, str]] = [("qubit-wise", "qwc"), ("fully-commuting", "commuting")]
    for (method, theirs), limit in zip(methods, LIMITS[molecule], strict=True):
        group, _ = group_terms(terms, method, prefer="groups")
        best = min(
            len(group_observables(words, grouping_type=theirs, method=m))
            for m in ("lf", "rlf", "dsatur", "gis")
        )
        assert group.max() + 1 <= min(limit, best)


@pytest.mark.parametrize("method", ["qubit-wise", "fully-commuting"])
def test_fewer_shots_than_sorted_insertion(measured: GetMeasured, method: Method) -> None:
    problem = measured("h4_chain")
    terms = problem.operator.without_constant()

    def shots(group: np.ndarray) -> float:
        deviations = []
        for g in range(group.max() + 1):
            k = np.flatnonzero(group == g)
            part = PauliSum(terms.n_qubits, terms.x[k], terms.z[k], terms.coefficients[k])
            applied = part.apply(problem.state)
            mean = np.vdot(problem.state, applied).real
            deviations.append(np.sqrt(max(np.vdot(applied, applied).real - mean**2, 0)))
        return float(np.sum(deviations) ** 2 / 1.6e-3**2)

    insertion: list[list[int]] = []
    for k in np.argsort(-np.abs(terms.coefficients), kind="stable"):
        blocked = partition.conflicts(terms, method, int(k))
        fitting = next((g for g in insertion if not blocked[g].any()), None)
        if fitting is None:
            insertion.append([int(k)])
        else:
            fitting.append(int(k))
    sorted_insertion = np.empty(len(terms), dtype=int)
    for g, members in enumerate(insertion):
        sorted_insertion[members] = g
    known, _ = group_terms(terms, method, state=problem.state)
    reference = int(np.argmax(np.abs(problem.state)))
    from_reference, _ = group_terms(terms, method, state=reference)
    assert shots(known) < 0.75 * shots(sorted_insertion)
    assert shots(from_reference) < 0.9 * shots(sorted_insertion)
