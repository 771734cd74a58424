"""Measuring on qubits through solve(): intervals, ledgers, mitigation, resuming."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qchem_app.backends.noise_file import parse_noise
from qchem_app.errors import InputError, ResourceError, UsageError
from qchem_app.io.record import parse_record, to_json
from qchem_app.progress import Event
from qchem_app.result import DeviceSettings, MeasurementRecord, Settings, SolveResult
from qchem_app.solve import solve

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
NOISE = parse_noise("p1=1e-3,p2=1e-2,readout=0.02").to_dict()


def settings(device: dict[str, Any], **others: Any) -> Settings:
    values = {"mapping": "parity", "references": ("fci",), **others}
    return Settings(device=DeviceSettings(**device), **values)


def measured(result: SolveResult) -> MeasurementRecord:
    assert result.measurement is not None
    return result.measurement


@pytest.mark.parametrize("backend", ["exact", "simulator"])
@pytest.mark.parametrize("grouping", ["qubit-wise", "fully-commuting"])
@pytest.mark.parametrize("allocation", ["uniform", "coefficient", "variance", "adaptive"])
def test_shots_scatter_about_the_ideal_energy(backend: str, grouping: str, allocation: str) -> None:
    device = {
        "backend": backend,
        "grouping": grouping,
        "allocation": allocation,
        "shots": 20_000,
    }
    record = measured(solve(MOLECULES / "heh_plus.xyz", settings(device, seed=5)))
    assert record.raw.ledger.shots == 20_000
    assert 0 < record.raw.standard_error < 0.01
    assert abs(record.raw.energy - record.ideal) < 4.5 * record.raw.standard_error
    assert record.raw.low < record.raw.energy < record.raw.high


@pytest.mark.parametrize(
    ("molecule", "space"), [("h2", "full"), ("lih", "2,3"), ("h4_chain", "full")]
)
def test_target_error_sets_the_shots(molecule: str, space: str) -> None:
    device = {"backend": "exact", "target_error": 1.6e-3}
    result = solve(MOLECULES / f"{molecule}.xyz", settings(device, active_space=space, taper=True))
    record = measured(result)
    assert record.shots is not None
    assert record.raw.standard_error == pytest.approx(1.6e-3, rel=0.25)


def test_infinitely_many_shots_give_the_energy_itself() -> None:
    record = measured(solve(MOLECULES / "h2.xyz", settings({"backend": "simulator"})))
    assert record.raw.energy == pytest.approx(record.ideal, abs=1e-10)
    assert record.raw.standard_error == 0
    assert record.shots is None


def test_the_same_seed_gives_the_same_digits_and_another_one_does_not() -> None:
    device = {"backend": "noisy", "noise": NOISE, "shots": 5000, "mitigation": "readout,zne"}
    first, second, third = (
        measured(solve(MOLECULES / "h2.xyz", settings(device, seed=seed))) for seed in (1, 1, 2)
    )
    assert first.raw.energy == second.raw.energy
    assert first.mitigated is not None
    assert second.mitigated is not None
    assert first.mitigated.energy == second.mitigated.energy
    assert third.raw.energy != first.raw.energy


def test_auto_mitigation_beats_raw_and_says_why() -> None:
    device = {"backend": "noisy", "noise": NOISE, "shots": 100_000, "mitigation": "auto"}
    result = solve(MOLECULES / "h2.xyz", settings(device))
    record = measured(result)
    assert record.mitigated is not None
    assert abs(record.mitigated.energy - record.ideal) < abs(record.raw.energy - record.ideal) / 4
    assert record.raw.bias is not None
    assert record.raw.energy - record.ideal == pytest.approx(record.raw.bias, abs=8e-3)
    assert record.candidates[0].mitigation == "none"
    assert min(c.rms for c in record.candidates) < record.candidates[0].rms / 4
    assert "is expected to be off by" in record.reason
    assert [m.name for m in result.methods][-3:] == ["ideal", "raw", "mitigated"]
    assert "the mitigated one is" in result.verdict
    assert to_json(parse_record(to_json(result).encode(), "r")) == to_json(result)


def test_weak_noise_and_few_shots_are_left_alone() -> None:
    noise = parse_noise("p2=1e-6").to_dict()
    device = {"backend": "noisy", "noise": noise, "shots": 300, "mitigation": "auto"}
    record = measured(solve(MOLECULES / "h2.xyz", settings(device)))
    assert record.mitigation == "none"
    assert record.mitigated is None
    assert "clearly better than the raw energy" in record.reason


@pytest.mark.parametrize(
    ("device", "kind", "sentence"),
    [
        (
            {"backend": "noisy", "noise": NOISE, "mitigation": "zne,cdr"},
            UsageError,
            "zne and cdr both correct the energy",
        ),
        (
            {"backend": "noisy", "noise": NOISE, "mitigation": "dd", "shots": 100},
            InputError,
            "has no gate times",
        ),
        (
            {"backend": "exact", "shots": 1},
            InputError,
            "1 shot cannot be shared among 2 measurement circuits",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_before_the_search(
    device: dict[str, Any], kind: type[Exception], sentence: str
) -> None:
    events: list[Event] = []
    with pytest.raises(kind, match=sentence):
        solve(MOLECULES / "h2.xyz", settings(device), progress=events.append)
    assert not any(event.iteration for event in events)


def test_registers_that_are_too_large_are_refused_before_the_references() -> None:
    device = {"backend": "noisy", "noise": NOISE, "shots": 100}
    events: list[Event] = []
    wanted = settings(device, active_space="full", mapping="jordan-wigner", basis="cc-pvdz")
    with pytest.raises(ResourceError) as caught:
        solve(MOLECULES / "h4_chain.xyz", wanted, progress=events.append)
    assert str(caught.value) == (
        "measuring on 40 qubits needs a density matrix of 19 YB and many circuits, and at most 22 "
        "qubits are simulated; choose a smaller --active-space, or --mapping parity and --taper"
    )
    assert not any(event.stage == "fci" for event in events)


@pytest.mark.parametrize("optimizer", ["spsa", "rotosolve"])
def test_optimising_on_the_device_can_be_interrupted(tmp_path: Path, optimizer: str) -> None:
    device = {
        "backend": "simulator",
        "shots": 2000,
        "optimize_on": "backend",
        "optimizer": optimizer,
        "optimizer_iterations": 12,
    }
    wanted = settings(device, ansatz="hea-ry", layers=1)
    whole = solve(MOLECULES / "h2.xyz", wanted)
    path = tmp_path / "state.npz"
    steps = 0

    def stop(event: Event) -> None:
        nonlocal steps
        steps += event.iteration is not None
        if steps == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(MOLECULES / "h2.xyz", wanted, progress=stop, checkpoint=path)
    resumed = solve(MOLECULES / "h2.xyz", wanted, checkpoint=path, resume=True)
    assert whole.vqe is not None
    assert resumed.vqe is not None
    assert resumed.vqe.parameters == whole.vqe.parameters
    assert measured(resumed).raw.energy == measured(whole).raw.energy


def test_several_starts_are_recorded_and_resumed(tmp_path: Path) -> None:
    wanted = Settings(ansatz="upccgsd", starts=3, references=("fci",))
    whole = solve(MOLECULES / "h4_chain.xyz", wanted)
    assert whole.vqe is not None
    assert whole.vqe.starts is not None
    assert len(whole.vqe.starts.energies) == 3
    assert whole.vqe.energy == min(whole.vqe.starts.energies)
    path = tmp_path / "state.npz"
    seen = 0

    def stop(event: Event) -> None:
        nonlocal seen
        seen += event.iteration == 2
        if seen == 2:  # in the second start
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(MOLECULES / "h4_chain.xyz", wanted, progress=stop, checkpoint=path)
    resumed = solve(MOLECULES / "h4_chain.xyz", wanted, checkpoint=path, resume=True)
    assert resumed.vqe is not None
    assert resumed.vqe.starts == whole.vqe.starts


def test_target_error_holds_under_noise_and_mitigation() -> None:
    device = {
        "backend": "noisy",
        "noise": NOISE,
        "target_error": 3e-3,
        "mitigation": "readout,reference",
    }
    record = measured(solve(MOLECULES / "h2.xyz", settings(device)))
    assert record.mitigated is not None
    assert record.mitigated.standard_error == pytest.approx(3e-3, rel=0.25)


def test_groups_are_chosen_for_what_they_are_expected_to_err() -> None:
    records = {}
    for grouping in ("auto", "qubit-wise", "fully-commuting"):
        device = {"backend": "noisy", "noise": NOISE, "shots": 200_000, "grouping": grouping}
        wanted = settings(device, active_space="2,3", mapping="jordan-wigner")
        records[grouping] = measured(solve(MOLECULES / "lih.xyz", wanted))
    errors = {name: record.candidates[0].rms for name, record in records.items()}
    assert errors["auto"] == min(errors.values())
    assert records["auto"].grouping != "auto"


def test_rules_for_qubits_that_are_not_there_are_mentioned() -> None:
    noise = {"name": "n", "gates": {"cx 7 9": {"depolarizing": 0.1}, "cx": {"depolarizing": 0.01}}}
    device = {"backend": "noisy", "noise": noise, "shots": 1000}
    record = measured(solve(MOLECULES / "h2.xyz", settings(device)))
    assert (
        "the noise model's rules for qubits 7, 9 act on nothing: the circuit has qubits 0 to 1"
        in record.notes
    )
