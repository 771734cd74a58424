"""`qchem report`: results as one HTML page, and as plots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli.options import Debug, Quiet


def report(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Records that `qchem solve -o` wrote, or one store of a screening or scan.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the page, an .html file."),
    ] = None,
    run: Annotated[
        str,
        typer.Option(metavar="N", help='Which run of a store: a number, "last" or "all".'),
    ] = "last",
    reactions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Reactions between the candidates of a store, a YAML file."
        ),
    ] = None,
    details: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="How many candidates have their structure, energies and settings in the page.",
        ),
    ] = 500,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the page.")] = None,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write every plot into this folder."),
    ] = None,
    plot_format: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Of the plots: png, svg or pdf.")
    ] = "png",
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Show results as one HTML file, which needs no network, or as plots.

    The page has the table of candidates, which can be sorted and searched, and for each of them
    the structure, the energies with their errors, the convergence, the cost and the settings.
    """
    from qchem_app.cli.report_output import check_output, write_page, write_plots
    from qchem_app.cli.report_pages import read_page
    from qchem_app.errors import UsageError

    if output is None and plots is None:
        raise UsageError("Nothing to write: give --output report.html, or --plots FOLDER.")
    check_output(output, plots, plot_format, [*inputs, *([reactions] if reactions else [])])
    page = read_page(
        inputs,
        run=run,
        reactions=reactions,
        details=details,
        title=title,
        whole=plots is not None,
    )
    if output is not None:
        write_page(page, output, quiet=quiet)
    if plots is not None:
        write_plots(page, plots, plot_format, quiet=quiet)
    return 0
