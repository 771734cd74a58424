"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
# Read by cli.main, because an error can come from anywhere.
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]

# What is computed, and how.
Charge = Annotated[
    int | None,
    typer.Option("--charge", "-c", metavar="N", help="Total charge; beats the file's."),
]
Multiplicity = Annotated[
    int | None,
    typer.Option(
        "--multiplicity",
        "-m",
        metavar="N",
        help="Spin multiplicity 2S+1; beats the file's. Default: the lowest that fits.",
    ),
]
Basis = Annotated[
    str, typer.Option("--basis", "-b", metavar="NAME", help="Any basis set of PySCF.")
]
ActiveSpace = Annotated[
    str,
    typer.Option(
        "--active-space",
        "-a",
        metavar="SPACE",
        help='auto, full, frozen-core, NE,NO (electrons, orbitals), avas:"N 2p" or '
        "natural:THRESHOLD.",
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        "--reference",
        "-r",
        metavar="LIST",
        help="Comma-separated: hf, mp2, ccsd, ccsd(t), fci, or density functionals. "
        "Default: those that are cheap.",
    ),
]
NoSymmetry = Annotated[bool, typer.Option("--no-symmetry", help="Ignore the point group.")]
SymmetryTolerance = Annotated[
    float,
    typer.Option(metavar="BOHR", help="How far atoms may be from their symmetric places."),
]
Guess = Annotated[Literal["mp2", "ccsd"], typer.Option(help="Where the VQE's parameters start.")]
Tolerance = Annotated[float, typer.Option(metavar="HA", help="Energy to which the VQE converges.")]
MaxIterations = Annotated[int, typer.Option(metavar="N", help="Of the VQE.")]
TimeLimit = Annotated[
    float,
    typer.Option(metavar="SECONDS", help="What the VQE and FCI may be planned to take."),
]
Memory = Annotated[
    float | None,
    typer.Option(metavar="MB", help="What they may take. Default: what is free."),
]
Threads = Annotated[int | None, typer.Option(metavar="N", help="Default: all cores.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Of everything random.")]
