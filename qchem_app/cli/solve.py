"""`qchem solve`: a geometry in, its ground-state energy beside the references out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli import device_options as device
from qchem_app.cli import options
from qchem_app.cli.options import Debug, Quiet


def solve(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Geometry: XYZ or QCSchema JSON; - reads XYZ from standard input."
        ),
    ],
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    frame: Annotated[
        int | None,
        typer.Option(metavar="N", help="Which frame of a file with several, from 0."),
    ] = None,
    basis: options.Basis = "sto-3g",
    active_space: options.ActiveSpace = "auto",
    reference: options.Reference = None,
    no_symmetry: options.NoSymmetry = False,
    symmetry_tolerance: options.SymmetryTolerance = 1e-5,
    guess: options.Guess = "mp2",
    tolerance: options.Tolerance = 1e-8,
    max_iterations: options.MaxIterations = 1000,
    time_limit: options.TimeLimit = 60.0,
    memory: options.Memory = None,
    threads: options.Threads = None,
    seed: options.Seed = 0,
    ansatz: device.Ansatz = "uccsd",
    layers: device.Layers = None,
    entangler: device.Entangler = "linear",
    starts: device.Starts = 5,
    mapping: device.Mapping = None,
    taper: device.Taper = False,
    no_compact: device.NoCompact = False,
    backend: device.Backend = None,
    noise: device.Noise = None,
    engine: device.Engine = "auto",
    shots: device.Shots = None,
    target_error: device.TargetError = None,
    grouping: device.Grouping = "auto",
    allocation: device.Allocation = "variance",
    mitigation: device.Mitigation = "none",
    optimize_on: device.OptimizeOn = "exact",
    optimizer: device.Optimizer = "spsa",
    optimizer_iterations: device.OptimizerIterations = 200,
    draw: Annotated[bool, typer.Option("--draw", help="Draw the circuit below the table.")] = False,
    qasm: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the circuit as OpenQASM 3 (.qasm2: version 2)."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Plot the measured energies: .png, .svg or .pdf."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the record as JSON and nothing else.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the record, a JSON file."),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where Ctrl-C and SIGTERM save the VQE's state. Default: named after FILE, in "
            "this folder.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint, if there is one.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compute the ground-state energy of a molecule with a VQE, beside its references.

    With --shots, --target-error, --backend or --noise the energy is also measured on qubits: with
    its standard error, with and without --mitigation, and with what it cost.

    The table goes to standard output, progress to standard error.

    Exit status: 0 converged, 1 error, 2 usage, 3 finished but not converged, 130 interrupted,
    143 terminated.
    """
    from qchem_app.cli.threads import limit_threads

    limit_threads(threads)  # before anything imports NumPy

    from qchem_app.chemistry.basis import check_basis
    from qchem_app.cli import exit_codes
    from qchem_app.cli.calculation import calculate
    from qchem_app.cli.circuit_output import check_plot, drawing, write_plot, write_qasm
    from qchem_app.cli.files import check_writable, checkpoint_path
    from qchem_app.cli.settings import settings_from_options
    from qchem_app.io.geometry import read_geometry
    from qchem_app.io.record import to_json, write_record
    from qchem_app.printable import printable
    from qchem_app.report.layout import output_width
    from qchem_app.report.table import render_body, render_title

    measured = device.device_settings(
        backend=backend,
        noise=noise,
        engine=engine,
        shots=shots,
        target_error=target_error,
        grouping=grouping,
        allocation=allocation,
        mitigation=mitigation,
        optimize_on=optimize_on,
        optimizer=optimizer,
        optimizer_iterations=optimizer_iterations,
    )
    settings = settings_from_options(
        ansatz=ansatz,
        layers=layers,
        entangler=entangler,
        starts=starts,
        mapping=mapping,
        needs_qubits=draw or qasm is not None,
        taper=taper,
        compact=not no_compact,
        device=measured,
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
    checkpoint = checkpoint_path(checkpoint, file, resume=resume)
    if plot is not None:
        check_plot(plot, measured)
    kept = [Path(file)] if checkpoint is None else [Path(file), checkpoint]
    for option, path in (("--output", output), ("--qasm", qasm), ("--plot", plot)):
        if path is not None:
            check_writable(option, path, keep=tuple(kept))
            kept.append(path)

    geometry = read_geometry(file, frame=frame, charge=charge, multiplicity=multiplicity)
    check_basis(basis, geometry.molecule.symbols)
    width = output_width()
    print(
        render_title(geometry.molecule, width), file=sys.stderr if json else sys.stdout, flush=True
    )
    if resume and (checkpoint is None or not checkpoint.exists()):
        print("There is no checkpoint to go on from: starting from the beginning.", file=sys.stderr)
        resume = False
    result = calculate(
        geometry,
        settings,
        command=context.obj,
        quiet=quiet,
        checkpoint=checkpoint,
        resume=resume,
    )
    if output is not None:
        write_record(result, output)
    sys.stdout.write(to_json(result) if json else render_body(result, width) + "\n")
    if draw and not json:
        sys.stdout.write(f"\n{drawing(result, width)}\n")
    sys.stdout.flush()
    if qasm is not None:
        write_qasm(result, qasm)
    if plot is not None:
        write_plot(result, plot)
    if not result.converged and checkpoint is not None and checkpoint.exists():
        print(
            printable(f"Not converged: --resume goes on from {checkpoint}."),
            file=sys.stderr,
        )
    return exit_codes.of_result(result)
