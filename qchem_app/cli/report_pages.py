"""Records and stores as the page that `qchem report` shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from qchem_app.errors import InputError, UsageError
from qchem_app.io.record import read_record
from qchem_app.io.source import path_label
from qchem_app.report.page.curves import curves_of
from qchem_app.report.page.data import Curve, Entry, Facts, Page, Table
from qchem_app.report.page.manifest import group
from qchem_app.screening.fields import FIELDS, fields_of
from qchem_app.screening.store import Store
from qchem_app.screening.store_rows import ResultRow, RunRow
from qchem_app.screening.triage import DISAGREE, ENOUGH, NOT_JUDGED, TOO_LARGE, rule_text

_TRIAGES = (ENOUGH, DISAGREE, TOO_LARGE, NOT_JUDGED)
_SQLITE = b"SQLite format 3\0"


def read_page(
    inputs: Sequence[Path], *, run: str, details: int, title: str | None, whole: bool
) -> Page:
    """The page of one store or of one or several records.

    Args:
        run: of a store: a number, "last" or "all".
        details: for how many candidates the whole record is wanted.
        whole: whether the records of all candidates are, because there are plots to draw.

    Raises:
        UsageError: a store beside other inputs, or an odd `run`.
        InputError: an input is missing, or is neither a record nor a store.
    """
    stores = [path for path in inputs if _is_store(path)]
    if stores and len(inputs) > 1:
        raise UsageError(
            f"{path_label(str(stores[0]))} is a store and has a report of its own; give it alone."
        )
    if stores:
        return _of_store(stores[0], _run(run), details, title, whole)
    return _of_records(inputs, details, title)


def _is_store(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):
        return False  # read_record says what is wrong


def _run(given: str) -> int | Literal["last", "all"]:
    if given in ("last", "all"):
        return "last" if given == "last" else "all"
    if given.isascii() and given.isdigit() and len(given) < 10:
        return int(given)
    raise UsageError(f'--run is a number, "last" or "all", not {path_label(given)}.')


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _of_records(inputs: Sequence[Path], details: int, title: str | None) -> Page:
    entries = []
    for path in inputs:
        result = read_record(path)
        entries.append(
            Entry(
                name=result.input.name,
                source=str(path),
                status="done",
                fields={**fields_of(result), "seconds": sum(m.seconds for m in result.methods)},
                result=result,
            )
        )
    if title is None:
        title = entries[0].name if len(entries) == 1 else f"{len(entries)} molecules"
    return Page(
        title=title,
        subtitle="Ground-state energies from a VQE, beside their classical references",
        kind="records",
        created=_now(),
        entries=entries,
        columns=FIELDS,
        triages=_TRIAGES,
        details=details,
    )


def _of_store(
    path: Path, run: int | Literal["last", "all"], details: int, title: str | None, whole: bool
) -> Page:
    with Store.open_for_reading(path) as store:
        runs = store.runs()
        rows = list(store.rows(run))
        if not runs:
            raise InputError(f"{path_label(str(path))}: the store is empty: there is no run in it")
        shown = runs[-1] if isinstance(run, str) else next(r for r in runs if r.id == run)
        entries = [_entry(row, store, whole or place < details) for place, row in enumerate(rows)]
    scan = shown.manifest.get("scan")
    kind = "Scan" if scan else "Screening"
    state = "" if shown.status == "finished" else f", {shown.status}"
    return Page(
        title=title or f"{kind} {path.stem}",
        subtitle=f"{path.name}, run {'all' if run == 'all' else shown.id}: "
        f"{_readable(shown.started)}{state}",
        kind="screening",
        created=_now(),
        entries=entries,
        columns=FIELDS,
        manifest=_manifest(shown, path),
        curves=_curves(entries),
        tables=_tables(shown),
        triages=_TRIAGES,
        remarks=(),
        details=details,
    )


def _entry(row: ResultRow, store: Store, whole: bool) -> Entry:
    wanted = whole and row.status == "done" and row.task_id is not None
    return Entry(
        name=row.name,
        source=row.source,
        status=row.status,
        fields=row.fields,
        result=store.record(row.task_id) if wanted and row.task_id else None,
        error=row.error,
        variables=row.variables,
        notes=row.notes,
        task_id=row.task_id,
    )


def _readable(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


def _manifest(run: RunRow, path: Path) -> tuple[Facts, ...]:
    manifest = run.manifest
    provenance: dict[str, Any] = manifest.get("provenance") or {}
    command = manifest.get("command") or ()
    return (
        group(
            "Run",
            {
                "store": str(path),
                "run": run.id,
                "state": run.status,
                "started": run.started,
                "ended": run.ended,
                "command": " ".join(map(str, command)),
                "inputs": manifest.get("inputs"),
            },
        ),
        group("Settings", manifest.get("settings") or {}),
        group("Versions", provenance.get("versions") or {}),
        group("Machine", provenance.get("machine") or {}),
        ("Rule of triage", _rule()),
    )


def _rule() -> tuple[tuple[str, str], ...]:
    """The rule of triage and its thresholds, line by line."""
    lines = (line.strip().partition(": ") for line in rule_text(width=10_000).splitlines())
    return tuple((label, text) if text else ("", label) for label, _, text in lines)


def _curves(entries: Sequence[Entry]) -> tuple[Curve, ...]:
    return curves_of(entries)


def _tables(run: RunRow) -> tuple[Table, ...]:
    return ()
