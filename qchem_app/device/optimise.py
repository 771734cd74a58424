"""optimise(): the search that the settings ask for, from a saved state or from the beginning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from qchem_app.device.device import Device
from qchem_app.device.expected_error import error_of
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.result import DeviceSettings, Settings
from qchem_app.vqe.multistart import MultistartState, Starts, multistart
from qchem_app.vqe.rotosolve import Rotosolve, RotosolveState
from qchem_app.vqe.saved_state import OptimiserState
from qchem_app.vqe.solver import VQE, VQEOutcome, VQEState
from qchem_app.vqe.spsa import SPSA, SPSAState

State = TypeVar("State")
OnStep = Callable[[OptimiserState], None]


def optimise(
    trial: Trial,
    settings: Settings,
    *,
    state: OptimiserState | None = None,
    reference_energy: float = np.inf,
    on_step: OnStep | None = None,
) -> tuple[VQEOutcome, Starts | None]:
    """Minimise the energy of a trial.

    Args:
        trial: the ansatz and its exact energies.
        settings: which search, and when to stop; with `optimize_on` "backend" the energies of a
            device are minimised, by SPSA or Rotosolve.
        state: of an interrupted search of the same kind.
        reference_energy: see `VQE.run`.
        on_step: sees the state after every step; what it raises stops the search.

    Returns:
        Where the search ended, and what all starts found where there were several.

    Raises:
        InputError: the state is one of another kind of search.
    """
    device = settings.device
    if device is not None and device.optimize_on == "backend":
        return _on_device(trial, settings, device, state, on_step), None
    vqe = VQE(
        trial.estimator,
        trial.ansatz,
        tolerance=settings.energy_tolerance,
        max_iterations=settings.max_iterations,
    )
    if trial.ansatz.spread > 0:
        saved = _expect(state, MultistartState)
        outcome, starts = multistart(
            vqe, settings.starts, seed=settings.seed, resume=saved, on_step=on_step
        )
        return trial.without_penalty(outcome), starts
    start = _expect(state, VQEState)
    outcome = vqe.run(start, reference_energy=reference_energy, on_step=on_step)
    return trial.without_penalty(outcome), None


def _on_device(
    trial: Trial,
    settings: Settings,
    device: DeviceSettings,
    state: OptimiserState | None,
    on_step: OnStep | None,
) -> VQEOutcome:
    measured = Device.build(trial, settings, trial.ansatz.initial, penalised=True)
    estimator, steps = measured.estimator(), device.optimizer_iterations
    if device.optimizer == "rotosolve":
        rotosolve = Rotosolve(estimator, trial.ansatz, sweeps=steps)
        outcome = rotosolve.run(_expect(state, RotosolveState), on_step=on_step)
    else:
        spsa = SPSA(estimator, trial.ansatz, iterations=steps, seed=settings.seed)
        outcome = spsa.run(_expect(state, SPSAState), on_step=on_step)
    expected = error_of(measured, estimator, outcome.theta)
    return replace(outcome, standard_error=max(outcome.standard_error, expected))


def _expect(state: OptimiserState | None, kind: type[State]) -> State | None:
    if state is None or isinstance(state, kind):
        return state
    raise InputError(
        f"the saved state is one of {type(state).__name__}, not of the search that was asked for; "
        "repeat the command that wrote it, or start without --resume"
    )
