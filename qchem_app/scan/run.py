"""run_scan(): the points of a scan one after another, each kept in the store as it comes."""

from __future__ import annotations

import json
import os
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from qchem_app.errors import QchemError
from qchem_app.progress import Progress
from qchem_app.result import Settings, SolveResult
from qchem_app.scan.carry import Carry
from qchem_app.scan.follower import Follower
from qchem_app.scan.plan import ScanPlan
from qchem_app.scan.points import Path
from qchem_app.scan.prediction import MOST_NEIGHBOURS
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.fields import fields_of
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task
from qchem_app.screening.worker import one_line
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Raised when points are computed in another way, so that old ones are not reused.
_FORMAT = 2
#: How notes begin that tell where a curve may have a step.
_TELLING = ("scan:", "mean field:")


@dataclass(frozen=True)
class PointDone:
    """One point that was computed, found in the store, or failed.

    Attributes:
        candidate: which.
        index, total: its place in the order of computation, from 1, and how many there are.
        reused: whether it was in the store.
        fields: of the result; empty where it failed.
        error: one sentence, or empty.
    """

    candidate: Candidate
    index: int
    total: int
    reused: bool
    fields: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True)
class ScanSummary:
    """How a scan ended."""

    run_id: int
    done: int
    failed: int
    reused: int
    seconds: float


def make_tasks(path: Path, plan: ScanPlan, *, cold: bool) -> dict[int, Task]:
    """The task of every point, by its index.

    The identity of a point holds those of the neighbours that it goes on from, so that a point is
    computed again when anything before it changes, and found again when points are added behind.
    A point on its own is no task of a screening either: it may use more threads than it names.
    """
    tasks: dict[int, Task] = {}
    for k in plan.order:
        parts: dict[str, Any] = {"scan": _FORMAT}
        if cold:
            parts["cold"] = True
        else:
            parts["after"] = [tasks[j].id for j in plan.neighbours[k]]
            if (group := plan.groups.get(k)) is not None:
                parts["group"] = [group.abelian, group.axes.round(9).tolist()]
        context = json.dumps(parts, separators=(",", ":"))
        geometry = path.points[k].geometry
        assert geometry is not None
        tasks[k] = Task.of(geometry, plan.settings, context)
    return tasks


def run_scan(
    path: Path,
    plan: ScanPlan,
    store: Store,
    *,
    cold: bool = False,
    threads: int | None = None,
    retry_failed: bool = False,
    manifest: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    on_point: Callable[[PointDone], None] = lambda point: None,
) -> ScanSummary:
    """Compute the points that the store does not have.

    Args:
        path: the points.
        plan: see `plan_scan`.
        store: open for writing.
        cold: compute every point on its own, as `solve` does.
        threads: that a point may use; those of the plan's settings when None. They do not change
            which points are the same.
        retry_failed: compute points again that failed before.
        manifest: what the store is to remember of the run.
        progress: called with the events of the point that is being computed.
        on_point: called with every point.

    Raises:
        StoreError: the store cannot be written; what is in it is kept.
        KeyboardInterrupt: passed on; the points that are finished are kept.
    """
    begin = time.perf_counter()
    tasks = make_tasks(path, plan, cold=cold)
    scan = {
        "name": path.name,
        "variable": path.variable,
        "values": list(path.values),
        "first": plan.order[0],
        "cold": cold,
        "notes": list(path.notes),
    }
    run_id = store.start_run({**(manifest or {}), "scan": scan})
    status: Literal["finished", "interrupted", "failed"] = "failed"
    try:
        store.add_candidates(run_id, [(c, tasks[k]) for k, c in enumerate(path.points)])
        ids = [task.id for task in tasks.values()]
        if retry_failed:
            store.reset_failed(ids)
        finished, failed = store.finished(ids), store.failed(ids)
        stored = {row.task_id: row.fields for row in store.rows(run_id) if row.task_id}
        carries: dict[int, Carry | None] = {}
        counts = {"done": 0, "failed": 0, "reused": 0}
        for place, k in enumerate(plan.order, start=1):
            task = tasks[k]
            reused = task.id in finished or task.id in failed
            if reused:
                error = failed.get(task.id, "")
                fields = {} if error else stored[task.id]
            else:
                near = [_carry(store, tasks[j], j, carries) for j in plan.neighbours[k]]
                guide = partial(
                    Follower, path.values[k], [c for c in near if c], plan.groups.get(k)
                )
                store.mark_started(task.id)
                outcome = _compute(task, None if cold else guide, threads, progress)
                store.put(outcome)
                fields, error = outcome.fields, outcome.error
            counts["failed" if error else "done"] += 1
            counts["reused"] += reused
            on_point(PointDone(path.points[k], place, len(tasks), reused, fields, error))
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        store.end_run(run_id, status)
    return ScanSummary(run_id, seconds=time.perf_counter() - begin, **counts)


def _carry(store: Store, task: Task, index: int, known: dict[int, Carry | None]) -> Carry | None:
    """What a point left, read once; only those of the latest few points stay in memory."""
    if index not in known:
        data = store.carry(task.id)
        known[index] = None if data is None else Carry.from_bytes(data)
        for old in list(known)[: -2 * MOST_NEIGHBOURS]:
            del known[old]
    return known[index]


def _compute(
    task: Task,
    make_guide: Callable[..., Follower] | None,
    threads: int | None,
    progress: Progress | None,
) -> Outcome:
    begin = time.perf_counter()
    failed = Outcome(task.id, "failed", worker=f"{socket.gethostname()}:{os.getpid()}")
    try:
        outcome = _solved(task, failed, make_guide, threads, progress)
    except QchemError as error:
        outcome = replace(failed, error=one_line(str(error)))
    except MemoryError:
        sentence = "the point ran out of memory: give a smaller active space, or more memory"
        outcome = replace(failed, error=sentence)
    except Exception as error:  # one broken point must not keep the others from being computed
        outcome = replace(
            failed,
            error=one_line(f"unforeseen {type(error).__name__}: {error}"),
            traceback=traceback.format_exc(),
        )
    return replace(outcome, seconds=time.perf_counter() - begin)


def _solved(
    task: Task,
    outcome: Outcome,
    make_guide: Callable[..., Follower] | None,
    threads: int | None,
    progress: Progress | None,
) -> Outcome:
    from qchem_app.solve import solve

    settings: Settings = task.settings.model_copy(
        update={"threads": threads or task.settings.threads}
    )
    carry: Carry | None = None
    fields: dict[str, Any] = {}
    if make_guide is None:
        result = solve(task.geometry, settings, progress=progress)
        fields["gradients"] = _gradients(result)
    else:
        guide = make_guide()
        result = solve(task.geometry, settings, progress=progress, guide=guide)
        spent = _gradients(result)
        if guide.rival:
            rival = make_guide(own_reference=True)
            other = solve(task.geometry, settings, progress=progress, guide=rival)
            spent += _gradients(other)
            result, guide = _lower(result, guide, other, rival)
        carry = guide.carry()
        fields |= {
            "gradients": spent,
            "scan_start": guide.start,
            "scan_degree": guide.degree,
            "scan_overlap": round(guide.overlap, 6),
            "scan_energies_only": guide.energies_only,
        }
    return replace(
        outcome,
        status="done",
        record=result.model_dump_json(),
        fields={**fields_of(result), **fields, **_state_and_notes(result)},
        carry=None if carry is None else carry.to_bytes(),
    )


def _state_and_notes(result: SolveResult) -> dict[str, Any]:
    """Which state the point is of, and what its record says about the curve, a line each."""
    said = (*result.mean_field.notes, *result.notes)
    return {
        "scan_irrep": result.active_space.wavefunction_irrep,
        "scan_group": result.mean_field.subgroup,
        "scan_notes": "\n".join(note for note in said if note.startswith(_TELLING)),
    }


def _gradients(result: SolveResult) -> int:
    return 0 if result.vqe is None else result.vqe.evaluations


def _lower(
    followed: SolveResult, guide: Follower, own: SolveResult, rival: Follower
) -> tuple[SolveResult, Follower]:
    """The lower of the VQEs on the neighbour's determinant and on this point's lowest one.

    One that converged beats one that did not.
    """
    assert followed.vqe is not None
    assert own.vqe is not None
    gap = MILLIHARTREE_PER_HARTREE * (own.vqe.energy - followed.vqe.energy)
    keep_own = (own.converged, -gap) > (followed.converged, 0.0)
    kept, other = ("this point's lowest", "the neighbour's") if keep_own else (
        "the neighbour's", "this point's lowest"
    )  # fmt: skip
    note = (
        f"scan: computed on the neighbour's determinant and on this point's lowest; on {kept} it "
        f"is kept, on {other} the VQE ended {abs(gap):.2f} mHa "
        f"{'higher' if (gap > 0) != keep_own else 'lower'}"
    )
    result = own if keep_own else followed
    result = result.model_copy(update={"notes": (*result.notes, note)})
    return result, rival if keep_own else guide
