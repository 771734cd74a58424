"""One scan from the command line: what is varied, its store, how it is shown."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import typer

from qchem_app import provenance
from qchem_app.cli import exit_codes
from qchem_app.cli.circuit_output import PLOT_FORMATS
from qchem_app.cli.scan_display import ScanDisplay
from qchem_app.cli.screening import manifest
from qchem_app.cli.signals import Terminated, interruptible
from qchem_app.errors import UsageError
from qchem_app.io.geometry import GeometryFile, read_geometry
from qchem_app.printable import printable
from qchem_app.result import Settings
from qchem_app.scan import points
from qchem_app.scan.coordinate import Coordinate, Kind
from qchem_app.scan.curve import ScanCurve
from qchem_app.scan.grid import parse_grid
from qchem_app.scan.plan import plan_scan
from qchem_app.scan.run import run_scan
from qchem_app.scan.table import plotted, render_scan, scan_data
from qchem_app.screening.store import Store


def check_plot_name(path: Path) -> None:
    """Raise UsageError unless the ending is one of a plot."""
    if path.suffix.lower() not in PLOT_FORMATS:
        raise UsageError(
            f"--plot writes {', '.join(PLOT_FORMATS)}, but {path.name} was given; "
            "change the ending."
        )


def find_path(
    file: str,
    coordinates: Mapping[str, tuple[str, str] | None],
    *,
    frame: int | None,
    charge: int | None,
    multiplicity: int | None,
) -> points.Path:
    """What is to be scanned.

    Raises:
        UsageError: more than one coordinate, or options that do not fit together.
        InputError: the file or a geometry is not usable.
    """
    given = [(kind, coordinates[kind]) for kind in get_args(Kind) if coordinates[kind]]
    if len(given) > 1:
        names = " and ".join(f"--{kind}" for kind, _ in given)
        raise UsageError(f"{names} were given, but a scan varies one coordinate: leave one.")
    if not given:
        if frame is not None:
            raise UsageError(
                "--frame chooses the geometry that --bond, --angle or --dihedral varies: give "
                "one of them, or leave --frame out for the path of all frames."
            )
        return points.along_frames(
            GeometryFile.read(file), charge=charge, multiplicity=multiplicity
        )
    kind, value = given[0]
    assert value is not None
    coordinate = Coordinate.parse(kind, value[0])
    grid = parse_grid(value[1])
    geometry = read_geometry(file, frame=frame, charge=charge, multiplicity=multiplicity)
    return points.along_coordinate(geometry, coordinate, grid)


def compute(
    path: points.Path,
    settings: Settings,
    store_file: Path,
    *,
    cold: bool,
    retry_failed: bool,
    command: Sequence[str],
    file: str,
    quiet: bool,
) -> tuple[ScanCurve, int]:
    """Compute what the store does not have; the curve and the exit status.

    Threads and time do not change which points are the same: those of one core are planned with,
    and as many used as were asked for.

    Raises:
        typer.Exit: after Ctrl-C or SIGTERM, with how to go on said on standard error.
    """
    planned = settings.model_copy(update={"threads": 1})
    first = path.points[0].geometry
    symbols = () if first is None else first.molecule.symbols
    try:
        with (
            interruptible(),
            Store.open_for_writing(store_file) as store,
            ScanDisplay(quiet=quiet) as display,
        ):
            for note in path.notes:
                display.say(note)
            plan = plan_scan(path, planned)
            summary = run_scan(
                path,
                plan,
                store,
                cold=cold,
                threads=settings.threads or provenance.usable_threads(),
                retry_failed=retry_failed,
                manifest=manifest(command, [file], plan.settings),
                progress=display.event,
                on_point=display.point,
            )
            rows = list(store.rows(summary.run_id))
    except KeyboardInterrupt as interrupt:
        print("Interrupted; every point that was finished is kept.", file=sys.stderr)
        print(printable(f"Go on: {shlex.join(command)}"), file=sys.stderr)
        terminated = isinstance(interrupt, Terminated)
        raise typer.Exit(exit_codes.TERMINATED if terminated else exit_codes.INTERRUPTED) from None
    names = plan.settings.references or ()
    begun = path.values[plan.order[0]]
    curve = ScanCurve.of_rows(path.name, path.variable, symbols, names, rows, begun)
    fine = not summary.failed and all(row.fields.get("converged") for row in rows)
    return curve, exit_codes.CONVERGED if fine else exit_codes.NOT_CONVERGED


def print_curve(curve: ScanCurve, *, plot: Path | None, as_json: bool) -> None:
    """The table or the JSON, and the plot."""
    from qchem_app.io.atomic_file import write_atomic
    from qchem_app.report.layout import output_width
    from qchem_app.report.plots.dissociation import plot_dissociation

    text = json.dumps(scan_data(curve), indent=2) if as_json else render_scan(curve, output_width())
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    if plot is not None:
        write_atomic(plot, plot_dissociation(plotted(curve), plot.suffix.lower().lstrip(".")))
