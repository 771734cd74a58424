"""An optimiser's state as JSON and arrays, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from qchem_app.backends.base import Ledger
from qchem_app.vqe.multistart import MultistartState
from qchem_app.vqe.optimizers import Progress
from qchem_app.vqe.rotosolve import RotosolveState
from qchem_app.vqe.solver import Step, VQEOutcome, VQEState
from qchem_app.vqe.spsa import SPSAState

#: What a checkpoint can hold of an optimisation.
OptimiserState = VQEState | MultistartState | SPSAState | RotosolveState

Header = dict[str, Any]
Arrays = dict[str, np.ndarray]

_PROGRESS = ("value", "iteration", "evaluations", "predicted", "last_decrease")
_OUTCOME = (
    "energy", "converged", "reason", "iterations", "evaluations", "gradient_norm",
    "standard_error",
)  # fmt: skip
_SPSA = (
    "iteration", "gain", "curvature", "tail_count", "slopes", "accepted", "evaluations",
    "random_state", "estimator_state",
)  # fmt: skip
_ROTOSOLVE = (
    "coordinate", "sweep", "first", "current", "squares", "evaluations", "estimator_state",
)  # fmt: skip


def dump_state(state: OptimiserState) -> tuple[Header, Arrays]:
    """What JSON can hold, and arrays by name."""
    if isinstance(state, VQEState):
        return _dump_vqe(state)
    if isinstance(state, MultistartState):
        header, arrays = _dump_vqe(state.current) if state.current else ({}, {})
        header["finished"] = [
            {name: getattr(outcome, name) for name in _OUTCOME}
            | {"trace": _dump_trace(outcome.trace), "ledger": vars(outcome.ledger)}
            for outcome in state.finished
        ]
        if state.finished:
            arrays["finished"] = np.array([outcome.theta for outcome in state.finished])
        return header, arrays
    common = {"trace": _dump_trace(state.trace), "ledger": vars(state.ledger)}
    if isinstance(state, SPSAState):
        header = {"spsa": {name: getattr(state, name) for name in _SPSA} | common}
        return header, {"theta": state.theta, "tail": state.tail}
    header = {"rotosolve": {name: getattr(state, name) for name in _ROTOSOLVE} | common}
    return header, {"theta": state.theta}


def load_state(header: Header, arrays: Arrays) -> OptimiserState | None:
    """The state; None where there is none.

    Raises:
        ValueError, KeyError, TypeError: what no run has written.
    """
    for name in ("theta", "tail", "finished", "x", "gradient", "steps", "changes"):
        if name in arrays and not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} is not finite")
    if "spsa" in header or "rotosolve" in header:
        values = dict(header.get("spsa") or header["rotosolve"])
        values["trace"] = _load_trace(values["trace"])
        values["ledger"] = Ledger(**values["ledger"])
        if "rotosolve" in header:
            energy, error = values.pop("current")
            return RotosolveState(theta=arrays["theta"], current=(energy, error), **values)
        accepted = values.pop("accepted")
        if arrays["theta"].shape != arrays["tail"].shape:
            raise ValueError("the parts do not fit together")
        return SPSAState(
            theta=arrays["theta"],
            tail=arrays["tail"],
            accepted=None if accepted is None else (accepted[0], accepted[1]),
            **values,
        )
    current = _load_vqe(header, arrays) if "progress" in header else None
    if "finished" not in header:
        return current
    finished = []
    for values, theta in zip(header["finished"], arrays.get("finished", ()), strict=True):
        values["trace"] = _load_trace(values["trace"])
        values["ledger"] = Ledger(**values["ledger"])
        finished.append(VQEOutcome(theta=theta, **values))
    return MultistartState(tuple(finished), current)


def _dump_vqe(state: VQEState) -> tuple[Header, Arrays]:
    now = state.progress
    header: Header = {
        "trace": _dump_trace(state.trace),
        "progress": {name: getattr(now, name) for name in _PROGRESS},
    }
    return header, {
        "x": now.x,
        "gradient": now.gradient,
        "steps": np.array(now.steps).reshape(-1, now.x.size),
        "changes": np.array(now.changes).reshape(-1, now.x.size),
    }


def _load_vqe(header: Header, arrays: Arrays) -> VQEState:
    n = arrays["x"].shape
    if any(arrays[name].shape[-1:] != n for name in ("gradient", "steps", "changes")):
        raise ValueError("the parts do not fit together")
    if len(arrays["steps"]) != len(arrays["changes"]) or not header["trace"]:
        raise ValueError("the parts do not fit together")
    progress = Progress(
        x=arrays["x"],
        gradient=arrays["gradient"],
        steps=tuple(arrays["steps"]),
        changes=tuple(arrays["changes"]),
        **header["progress"],
    )
    return VQEState(progress, _load_trace(header["trace"]))


def _dump_trace(trace: tuple[Step, ...]) -> list[list[float]]:
    return [list(vars(step).values()) for step in trace]


def _load_trace(values: list[list[Any]]) -> tuple[Step, ...]:
    return tuple(Step(*step) for step in values)
