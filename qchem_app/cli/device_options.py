"""Options of what measures on qubits, and the settings they make."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import typer

from qchem_app.errors import UsageError

_ANSATZ = Literal["uccsd", "qeb-uccsd", "upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"]
_MAPPING = Literal["jordan-wigner", "parity", "bravyi-kitaev", "symmetry-conserving"]

Ansatz = Annotated[
    _ANSATZ,
    typer.Option(
        help="What the VQE varies: unitary coupled cluster, the same with qubit excitations, "
        "generalised pairs, or hardware-efficient layers."
    ),
]
Layers = Annotated[
    int | None,
    typer.Option(metavar="K", help="Of upccgsd (default: 1) and hardware-efficient ansätze (4)."),
]
Entangler = Annotated[
    Literal["linear", "circular", "brick"], typer.Option(help="Of the hardware-efficient ansätze.")
]
Starts = Annotated[
    int, typer.Option(metavar="N", help="Seeded first guesses, where the ansatz needs several.")
]
Mapping = Annotated[
    _MAPPING | None,
    typer.Option(
        help="How orbitals become qubits; parity includes the two-qubit reduction. "
        "Default: jordan-wigner."
    ),
]
Taper = Annotated[bool, typer.Option("--taper", help="Remove qubits by all Z2 symmetries.")]
NoCompact = Annotated[
    bool,
    typer.Option("--no-compact", help="Keep the controls whose value the reference fixes."),
]
Backend = Annotated[
    Literal["exact", "simulator", "noisy"] | None,
    typer.Option(
        help="What measures the energy: the exact state, circuits without noise, or circuits "
        "with --noise."
    ),
]
Noise = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="p1=1e-3,p2=1e-2,readout=0.02, a name such as ibm-like, or a YAML or JSON file.",
    ),
]
Engine = Annotated[
    Literal["auto", "native", "pennylane", "aer"], typer.Option(help="That simulates the noise.")
]


def _whole_number(text: str) -> int:
    """An integer from "100000", "100_000" or "1e5"."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        value = 0.5
    if not value.is_integer():
        raise typer.BadParameter(f"a whole number is needed, such as 1000 or 1e5, not {text!r}")
    return int(value)


Shots = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        parser=_whole_number,
        help="For one energy, e.g. 1e5. Default: infinitely many.",
    ),
]
TargetError = Annotated[
    str | None,
    typer.Option(
        metavar="ENERGY",
        help="Standard error that sets the shots, with its unit: 1.6mHa, 1kcal/mol.",
    ),
]
Grouping = Annotated[
    Literal["auto", "qubit-wise", "fully-commuting"],
    typer.Option(help="Which Pauli terms share a circuit. auto: what is expected to err least."),
]
Allocation = Annotated[
    Literal["uniform", "coefficient", "variance", "adaptive"],
    typer.Option(help="How groups share the shots."),
]
Mitigation = Annotated[
    str,
    typer.Option(
        metavar="LIST",
        help="none, auto, or techniques: readout, symmetry, dd, twirling, pec, zne, cdr, "
        "reference, with options in brackets, as in 'readout,zne(linear 1 3)'; the number of "
        "twirling(4), pec(200), cdr(12) is how many circuits.",
    ),
]
OptimizeOn = Annotated[
    Literal["exact", "backend"], typer.Option(help="Where the parameters come from.")
]
Optimizer = Annotated[
    Literal["spsa", "rotosolve"], typer.Option(help="With --optimize-on backend.")
]
OptimizerIterations = Annotated[
    int, typer.Option(metavar="N", help="Steps of SPSA, sweeps of Rotosolve.")
]


def device_settings(
    *,
    backend: str | None,
    noise: str | None,
    shots: int | None,
    target_error: str | None,
    mitigation: str,
    optimize_on: str,
    **others: Any,
) -> dict[str, Any] | None:
    """Values for DeviceSettings; None where nothing is to be measured.

    Raises:
        UsageError: options that contradict each other, or a noise model that is none.
    """
    if backend is None and noise is not None:
        backend = "noisy"
    measured = (shots, target_error) != (None, None) or optimize_on == "backend"
    if backend is None and (measured or mitigation != "none"):
        backend = "exact"
    if backend is None:
        _refuse_idle(
            "nothing is measured: give --shots, --target-error, --backend or --noise", others
        )
        return None
    if backend == "noisy" and noise is None:
        raise UsageError(
            "--backend noisy needs --noise: p1=1e-3,p2=1e-2, a name such as ibm-like, or a file."
        )
    if backend != "noisy" and noise is not None:
        raise UsageError(f"--noise needs --backend noisy, but --backend {backend} was given.")
    if backend != "noisy" and mitigation not in ("none", "auto"):
        raise UsageError(
            f"--mitigation {mitigation} needs --backend noisy: there is no noise to mitigate."
        )
    if backend == "exact" and optimize_on == "backend":
        raise UsageError("--optimize-on backend needs --backend simulator or noisy.")
    if backend != "noisy":
        _refuse_idle("there is no noise to simulate: give --noise", others, ("engine",))
    if optimize_on != "backend":
        idle = ("optimizer", "optimizer_iterations")
        _refuse_idle("the exact search has its own: give --optimize-on backend", others, idle)
    if (shots, target_error) == (None, None):
        _refuse_idle("no shots are drawn: give --shots or --target-error", others, ("allocation",))
    if shots is not None and target_error is not None:
        raise UsageError("--shots and --target-error exclude each other; give one of them.")
    model = None
    if noise is not None:
        from qchem_app.backends.noise_file import parse_noise

        model = parse_noise(noise).to_dict()
    return {
        "backend": backend,
        "noise": model,
        "shots": shots,
        "target_error": None if target_error is None else energy(target_error),
        "mitigation": mitigation,
        "optimize_on": optimize_on,
        **others,
    }


#: Options that only act on a measurement, with their defaults.
_IDLE = {
    "engine": "auto",
    "grouping": "auto",
    "allocation": "variance",
    "optimizer": "spsa",
    "optimizer_iterations": 200,
}


def _refuse_idle(why: str, given: dict[str, Any], names: Iterable[str] = tuple(_IDLE)) -> None:
    """Refuse options that would be ignored.

    Raises:
        UsageError: one of them was given.
    """
    for name in names:
        value = given.get(name, _IDLE[name])
        if value != _IDLE[name]:
            option = "--" + name.replace("_", "-")
            raise UsageError(f"{option} {value} would do nothing, because {why}.")


# Hartree; errors of whole covalent bonds.
_LARGEST_TARGET = 1.0
_ENERGY = re.compile(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z/]*)")


def energy(text: str) -> float:
    """Hartree from "1.6mHa", "0.0016 Ha", "1 kcal/mol", "4.2 kJ/mol" or "40 meV".

    Raises:
        UsageError: not a positive number with one of these units.
    """
    from qchem_app import units

    known = {
        "ha": 1.0,
        "mha": 1.0 / units.MILLIHARTREE_PER_HARTREE,
        "kcal/mol": 1.0 / units.KCAL_PER_MOL_PER_HARTREE,
        "kj/mol": 1.0 / units.KJ_PER_MOL_PER_HARTREE,
        "ev": 1.0 / units.EV_PER_HARTREE,
        "mev": 1e-3 / units.EV_PER_HARTREE,
    }
    match = _ENERGY.fullmatch(text.strip())
    try:
        value = float(match.group(1)) if match else 0.0
    except ValueError:
        value = 0.0
    if match is None or not 0.0 < value < float("inf"):
        raise UsageError(
            f"--target-error must be a positive energy such as 1.6mHa or 1kcal/mol, but {text!r} "
            "was given."
        )
    unit = known.get(match.group(2).lower())
    if unit is None:
        found = f"{match.group(2)!r}" if match.group(2) else "none"
        raise UsageError(
            f"--target-error needs one of the units mHa, Ha, kcal/mol, kJ/mol, meV and eV, as in "
            f"{match.group(1)}mHa, but found {found}."
        )
    if value * unit > _LARGEST_TARGET:
        raise UsageError(
            f"--target-error {text} is {value * unit:.3g} Ha, which says nothing about a molecule; "
            f"give at most {_LARGEST_TARGET:g} Ha, such as 1.6mHa."
        )
    return value * unit
