"""`qchem scan`: energies along a bond, an angle, a dihedral or a path."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli import device_options as device
from qchem_app.cli import options
from qchem_app.cli.options import Debug, Quiet


def scan(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Geometry: XYZ or QCSchema JSON; - reads XYZ from standard input. The frames of "
            "an XYZ file with several are a path.",
        ),
    ],
    bond: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="I,J RANGE",
            help="Vary a bond, Å: two atoms counted from 0, and START:STOP:STEP, START:STOP:Nx "
            "for N points, or values with commas.",
        ),
    ] = None,
    angle: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="I,J,K RANGE", help="Vary the angle at J, degrees."),
    ] = None,
    dihedral: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="I,J,K,L RANGE", help="Vary the dihedral about J-K, degrees."),
    ] = None,
    frame: Annotated[
        int | None,
        typer.Option(metavar="N", help="Which frame to vary of a file with several, from 0."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="STORE",
            help="The SQLite file that keeps every point. Default: named after FILE, in this "
            "folder.",
        ),
    ] = None,
    cold: Annotated[
        bool,
        typer.Option("--cold", help="Compute every point on its own, nothing from its neighbours."),
    ] = False,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    basis: options.Basis = "sto-3g",
    active_space: options.ActiveSpace = "auto",
    reference: options.Reference = None,
    no_symmetry: options.NoSymmetry = False,
    symmetry_tolerance: options.SymmetryTolerance = 1e-5,
    guess: options.Guess = "mp2",
    tolerance: options.Tolerance = 1e-8,
    max_iterations: options.MaxIterations = 1000,
    time_limit: options.TimeLimit = 60.0,
    memory: Annotated[
        float, typer.Option(metavar="MB", help="What one point may be planned to take.")
    ] = 2000.0,
    threads: options.Threads = None,
    seed: options.Seed = 0,
    ansatz: device.Ansatz = "uccsd",
    layers: device.Layers = None,
    entangler: device.Entangler = "linear",
    starts: device.Starts = 5,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute failed points again.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Plot curves and errors: .png, .svg or .pdf."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the curves as JSON and nothing else.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compute energies along a coordinate or a path, each point from its neighbours.

    The last atom of --bond, --angle or --dihedral moves, and with it all that hangs on its side;
    everything else stays rigid. The scan begins at the point nearest to FILE and goes on to both
    ends. All points have one active space, one list of references and one order of excitations;
    orbitals and parameters are carried from point to point.

    Every point is kept in the store as it is found. The same command again goes on where the last
    one stopped.

    Exit status: 0 all points converged, 1 error, 2 usage, 3 finished with points that failed or did
    not converge, 130 interrupted, 143 terminated.
    """
    from qchem_app.cli.threads import limit_threads

    limit_threads(threads)  # before anything imports NumPy

    from qchem_app.chemistry.basis import check_basis
    from qchem_app.cli.files import check_writable
    from qchem_app.cli.scanning import check_plot_name, compute, find_path, print_curve
    from qchem_app.cli.screening import store_path
    from qchem_app.cli.settings import settings_from_options

    settings = settings_from_options(
        ansatz=ansatz,
        layers=layers,
        entangler=entangler,
        starts=starts,
        basis=basis,
        active_space=active_space,
        reference=reference,
        guess=guess,
        no_symmetry=no_symmetry,
        symmetry_tolerance=symmetry_tolerance,
        energy_tolerance=tolerance,
        max_iterations=max_iterations,
        time_limit=time_limit,
        memory_limit=memory,
        threads=threads,
        seed=seed,
    )
    path = store_path(store, [file])
    if plot is not None:
        check_plot_name(plot)
        check_writable("--plot", plot, keep=(Path(file), path))
    way = find_path(
        file,
        {"bond": bond, "angle": angle, "dihedral": dihedral},
        frame=frame,
        charge=charge,
        multiplicity=multiplicity,
    )
    first = way.points[0].geometry
    check_basis(basis, () if first is None else first.molecule.symbols)
    curve, status = compute(
        way,
        settings,
        path,
        cold=cold,
        retry_failed=retry_failed,
        command=context.obj,
        file=file,
        quiet=quiet,
    )
    print_curve(curve, plot=plot, as_json=json)
    return status
