"""Outcome: what became of one attempt at a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: One value of a result's fields.
Scalar = float | int | str | bool | None


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back: plain data, so that any executor can carry it.

    Attributes:
        task_id: which task.
        status: "done" (also where something did not converge: the record says so), "failed", or
            "interrupted" with a checkpoint left behind.
        record: the whole SolveResult as compact JSON; None unless done.
        fields: the scalars of the record, see `fields.py`.
        error: one sentence where the task failed.
        traceback: where the failure was not foreseen.
        seconds: wall time of the attempt.
        worker: "host:pid".
        carry: what a later task can go on from (orbitals and parameters of a scan's point), the
            bytes of an npz archive.
    """

    task_id: str
    status: Literal["done", "failed", "interrupted"]
    record: str | None = None
    fields: dict[str, Scalar] = field(default_factory=dict)
    error: str = ""
    traceback: str = ""
    seconds: float = 0.0
    worker: str = ""
    carry: bytes | None = None
