"""`qchem screen`: many candidates in, a ranked and explained table out, nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli import device_options as device
from qchem_app.cli import executor_options as where
from qchem_app.cli import options
from qchem_app.cli.options import Debug, Quiet


def screen(
    context: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders of geometries, XYZ files (every frame is a candidate), QCSchema JSON, "
            "CSV or TSV tables, SMILES files; - reads XYZ from standard input.",
        ),
    ],
    store: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="STORE",
            help="The SQLite file that keeps everything. Default: named after the first INPUT, in "
            "this folder.",
        ),
    ] = None,
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
        float,
        typer.Option(metavar="MB", help="What one task may be planned to take."),
    ] = 2000.0,
    threads: Annotated[
        int, typer.Option(metavar="N", help="Of one task; the same digits need the same number.")
    ] = 1,
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
    executor: where.Executor = None,
    workers: where.Workers = None,
    scheduler: where.Scheduler = None,
    slurm: where.Slurm = None,
    total_memory: Annotated[
        float | None,
        typer.Option(metavar="MB", help="Of all running tasks. Default: 90 % of what is free."),
    ] = None,
    task_time: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="A task that takes longer is stopped and failed."),
    ] = 3600.0,
    attempts: Annotated[
        int,
        typer.Option(metavar="N", help="A task whose worker dies this often is failed."),
    ] = 3,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute failed tasks again.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List the tasks and what they would take; compute nothing."),
    ] = False,
    rank_by: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION",
            help="A field of the results or an expression of fields; `qchem results --fields` "
            "lists them.",
        ),
    ] = "missed_mha",
    ascending: Annotated[
        bool, typer.Option("--ascending", help="Rank from the lowest value.")
    ] = False,
    reactions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Reactions between candidates, a YAML file."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Candidates in the printed table.")] = 40,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print events as JSON lines, and nothing else."),
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compute many molecules, each beside its references, and rank them.

    Every result is kept in the store as it arrives. The same command again goes on where the last
    one stopped and computes nothing twice; a changed setting makes another task. Broken candidates
    and failed tasks are rows with a sentence. Ctrl-C and SIGTERM let tasks save their state.

    Exit status: 0 everything converged, 1 error, 2 usage, 3 finished with failures or without
    convergence, 130 interrupted, 143 terminated.
    """
    from qchem_app.cli.threads import limit_threads

    limit_threads(threads)  # before anything imports NumPy

    from qchem_app.chemistry.basis import check_basis
    from qchem_app.cli import screening
    from qchem_app.cli.dry_run import print_plan
    from qchem_app.cli.screening_output import Order, check_reactions, print_results
    from qchem_app.cli.settings import settings_from_options
    from qchem_app.errors import UsageError
    from qchem_app.screening.candidates import collect
    from qchem_app.screening.limits import RunLimits
    from qchem_app.screening.plan import plan_tasks

    for option, value in (
        ("--attempts", attempts),
        ("--limit", limit),
        ("--task-time", task_time),
        ("--total-memory", total_memory),
    ):
        if value is not None and not value > 0:
            raise UsageError(f"{option} must be more than 0, but {value:g} was given.")
    measured = device.device_settings(
        backend=backend,
        noise=noise,
        engine=engine,
        shots=shots,
        target_error=target_error,
        grouping=grouping,
        allocation=allocation,
        mitigation=mitigation,
        optimize_on="exact",
        optimizer="spsa",
        optimizer_iterations=200,
    )
    settings = settings_from_options(
        ansatz=ansatz,
        layers=layers,
        entangler=entangler,
        starts=starts,
        mapping=mapping,
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
    check_basis(basis, ())
    path = screening.store_path(store, inputs)
    candidates = collect(
        inputs, charge=charge, multiplicity=multiplicity, seed=seed, tell=screening.warn
    )
    order = Order.read(
        rank_by,
        descending=not ascending,
        file=reactions,
        references=settings.references,
        variables={name for candidate in candidates for name in candidate.variables},
    )
    make_executor = where.make_executor(
        executor=executor,
        workers=workers,
        threads=threads,
        scheduler=scheduler,
        slurm=slurm,
    )
    if dry_run or order.reactions:
        pairs = plan_tasks(candidates, settings)
        check_reactions(order, pairs)
    if dry_run:
        print_plan(pairs, slots=where.slots(workers, threads), as_json=json)
        return 0
    summary = screening.run(
        candidates,
        settings,
        path,
        make_executor,
        limits=RunLimits(attempts=attempts, task_seconds=task_time, total_memory_mb=total_memory),
        retry_failed=retry_failed,
        manifest=screening.manifest(context.obj, inputs, settings, **order.manifest()),
        quiet=quiet,
        as_json=json,
    )
    if summary.interrupted:
        return screening.go_on(summary, path, command=context.obj)
    converged = print_results(path, order, limit=limit, silent=json)
    return screening.exit_status(summary, all_converged=converged)
