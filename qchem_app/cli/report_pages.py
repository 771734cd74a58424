"""Records and stores as the page that `qchem report` shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from qchem_app.cli.report_ranking import rank_rows
from qchem_app.errors import InputError, UsageError
from qchem_app.io.reactions_file import Reaction, parse_reactions, read_reactions
from qchem_app.io.record import read_record
from qchem_app.io.source import path_label
from qchem_app.report.page.curves import curves_of
from qchem_app.report.page.data import Curve, Entry, Facts, Page, Scalar
from qchem_app.report.page.manifest import group, settings_group
from qchem_app.report.page.reactions import reaction_tables
from qchem_app.screening.fields import FIELDS, fields_of
from qchem_app.screening.reactions import evaluate_reactions, statistics
from qchem_app.screening.store import Store
from qchem_app.screening.store_rows import ResultRow, RunRow
from qchem_app.screening.triage import DISAGREE, ENOUGH, NOT_JUDGED, TOO_LARGE, rule_text

_TRIAGES = (ENOUGH, DISAGREE, TOO_LARGE, NOT_JUDGED)
_LONGEST_LABEL = 45
_SQLITE = b"SQLite format 3\0"


def read_page(
    inputs: Sequence[Path],
    *,
    run: str = "last",
    reactions: Path | None = None,
    details: int = 500,
    title: str | None = None,
    whole: bool = False,
) -> Page:
    """The page of one store or of one or several records.

    Args:
        run: of a store: a number, "last" or "all".
        reactions: file of reactions between a store's candidates.
        details: for how many candidates the whole record is wanted.
        whole: whether the records of all candidates are, because there are plots to draw.

    Raises:
        UsageError: a store beside other inputs, an odd `run`, reactions of records.
        InputError: an input is missing, or is neither a record nor a store.
    """
    number = _run(run)
    stores = [path for path in inputs if _is_store(path)]
    if stores and len(inputs) > 1:
        raise UsageError(
            f"{path_label(str(stores[0]))} is a store and has a report of its own; give it alone."
        )
    if stores:
        given = None if reactions is None else read_reactions(reactions)
        return _of_store(stores[0], number, given, details, title, whole)
    if reactions is not None:
        raise UsageError("--reactions needs the store of a screening; give that instead.")
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
        seconds = result.mean_field.seconds + sum(
            method.seconds for method in result.methods if method.name != "hf"
        )
        entries.append(
            Entry(
                name=result.input.name,
                source=str(path),
                status="done",
                fields={**fields_of(result), "seconds": seconds},
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
    path: Path,
    run: int | Literal["last", "all"],
    reactions: Sequence[Reaction] | None,
    details: int,
    title: str | None,
    whole: bool,
) -> Page:
    label = path_label(str(path))
    with Store.open_for_reading(path) as store:
        runs = store.runs()
        if not runs:
            raise InputError(f"{label}: there is no run in this store: write one into it first")
        rows = list(store.rows(run))
        shown = runs[-1] if isinstance(run, str) else next(each for each in runs if each.id == run)
        if reactions is None:
            kept = shown.manifest.get("reactions")
            source = f"{label}: reactions"
            reactions = parse_reactions(kept, source) if isinstance(kept, str) else ()
        evaluated = evaluate_reactions(reactions, [row.fields for row in rows])
        ranked = rank_rows(shown.manifest, rows, evaluated)
        rows = list(ranked.rows)
        unread: list[str] = []
        entries = [
            _entry(row, store, whole or place < details, unread, ranked.fields_of(place))
            for place, row in enumerate(rows)
        ]
    scan = shown.manifest.get("scan")
    state = "" if shown.status == "finished" else f", {shown.status}"
    which = f"all {len(runs)} runs" if run == "all" else f"run {shown.id}"
    return Page(
        title=title or f"{'Scan' if isinstance(scan, dict) else 'Screening'} {path.stem}",
        subtitle=f"{path.name}, {which}, {_readable(shown.started)}{state}",
        kind="screening",
        created=_now(),
        entries=entries,
        columns=FIELDS,
        manifest=_manifest(shown, path),
        varied=str(scan.get("variable", "")) if isinstance(scan, dict) else "",
        curves=_curves(scan, rows, entries),
        tables=reaction_tables(
            [row.plain() for row in evaluated], [line.plain() for line in statistics(evaluated)]
        ),
        triages=_TRIAGES,
        rank_by=ranked.formula,
        ranking=ranked.explanation,
        remarks=(*_remarks(unread), *ranked.remarks),
        details=details,
    )


def _remarks(unread: Sequence[str]) -> tuple[str, ...]:
    if not unread:
        return ()
    count = "One record" if len(unread) == 1 else f"{len(unread):,} records"
    return (f"{count} cannot be read, so that the table is all there is: {unread[0]}.",)


def _entry(
    row: ResultRow, store: Store, whole: bool, unread: list[str], more: Mapping[str, Scalar]
) -> Entry:
    """A row with its record where that is wanted; why it cannot be read goes into `unread`."""
    result = None
    if whole and row.status == "done" and row.task_id is not None:
        try:
            result = store.record(row.task_id)
        except InputError as problem:  # of another version: its fields are still here
            unread.append(str(problem))
    return Entry(
        name=row.name,
        source=row.source,
        status=row.status,
        fields={**row.fields, **more},
        result=result,
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
    known = ("command", "inputs", "settings", "provenance", "scan", "reactions")
    return (
        group(
            "Run",
            {
                "store": str(path),
                "run": run.id,
                "state": run.status,
                "started": run.started,
                "ended": run.ended,
                "command": " ".join(map(str, manifest.get("command") or ())),
                "inputs": manifest.get("inputs"),
                **{name: value for name, value in manifest.items() if name not in known},
            },
        ),
        settings_group(manifest.get("settings") or {}),
        group(
            "Versions",
            {**provenance.get("versions", {}), "git commit": provenance.get("git_commit")},
        ),
        group("Machine", provenance.get("machine") or {}),
        ("Rule of triage", _rule()),
    )


def _rule() -> tuple[tuple[str, str], ...]:
    """The rule of triage and its thresholds, line by line."""
    facts = []
    for line in rule_text(width=10_000).splitlines():
        label, colon, text = line.strip().partition(": ")
        if colon and len(label) <= _LONGEST_LABEL:
            facts.append((label, text))
        elif line.startswith(" "):
            facts.append(("", line.strip()))  # not a heading
    return tuple(facts)


def _curves(scan: Any, rows: Sequence[ResultRow], entries: Sequence[Entry]) -> tuple[Curve, ...]:
    if not isinstance(scan, dict):
        return ()  # a numeric column of a table is no coordinate of a curve
    first = next((entry.result for entry in entries if entry.result is not None), None)
    if first is None:
        return curves_of(entries)
    from qchem_app.cli.report_scan import scan_curves

    return scan_curves(scan, rows, first)
