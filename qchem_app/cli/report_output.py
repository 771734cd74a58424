"""What `qchem report` writes: the page and the plots."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from qchem_app.cli.files import check_writable
from qchem_app.errors import UsageError
from qchem_app.io.atomic_file import write_atomic
from qchem_app.io.source import path_label
from qchem_app.report.page.data import Page

PAGE_ENDINGS = (".html", ".htm")
PLOT_FORMATS = ("png", "svg", "pdf")


def check_output(
    output: Path | None, plots: Path | None, plot_format: str, inputs: Sequence[Path]
) -> None:
    """Refuse what could not be written, before anything is read.

    Raises:
        UsageError: another ending or format, a folder that does not exist, an input as output.
    """
    if output is not None:
        if output.suffix.lower() not in PAGE_ENDINGS:
            raise UsageError(
                f"--output writes an HTML page, but {path_label(output.name)} was given; "
                "let the name end in .html."
            )
        check_writable("--output", output, keep=tuple(inputs))
    if plots is None:
        return
    if plot_format not in PLOT_FORMATS:
        raise UsageError(
            f"--format is {', '.join(PLOT_FORMATS[:-1])} or {PLOT_FORMATS[-1]}, not "
            f"{path_label(plot_format)}."
        )
    if plots.exists() and not plots.is_dir():
        raise UsageError(f"--plots: {path_label(str(plots))} is a file; give a folder.")
    if not plots.is_dir() and not plots.parent.is_dir():
        raise UsageError(
            f"--plots: the folder {path_label(str(plots.parent))} does not exist; create it first."
        )


def write_page(page: Page, output: Path, *, quiet: bool) -> None:
    """Write the HTML.

    Raises:
        InputError: the file cannot be written.
    """
    from qchem_app.report.page.html import build_report

    data = build_report(page).encode()
    write_atomic(output, data)
    if not quiet:
        print(f"Wrote {path_label(str(output))} ({len(data) / 1e6:.1f} MB).", file=sys.stderr)


def write_plots(page: Page, folder: Path, file_format: str, *, quiet: bool) -> None:
    """Write every plot that the results have, one file each.

    Raises:
        InputError: the folder or a file cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--plots: {path_label(str(folder))} cannot be created ({error.strerror}); give "
            "another folder."
        ) from None
    count = 0
    for name, plot in _plots(page):
        write_atomic(folder / f"{name}.{file_format}", plot(file_format))
        count += 1
    if not quiet:
        text = "1 plot" if count == 1 else f"{count:,} plots"
        print(f"Wrote {text} into {path_label(str(folder))}.", file=sys.stderr)


def _plots(page: Page) -> Iterator[tuple[str, Callable[[str], bytes]]]:
    """Names of files without their ending, and what draws each."""
    from qchem_app.report.plots.convergence import plot_convergence
    from qchem_app.report.plots.dissociation import plot_dissociation
    from qchem_app.report.plots.measurement import plot_measurement
    from qchem_app.report.plots.methods import plot_methods

    taken: set[str] = set()
    for curve in page.curves:
        name = _file_name(f"curve {curve.title}", taken)
        yield name, lambda form, curve=curve: plot_dissociation(curve, form)  # type: ignore[misc]
    for entry in page.entries:
        result = entry.result
        if result is None:
            continue
        name = _file_name(entry.name, taken)
        if result.vqe is not None and len(result.vqe.trace) > 1:
            yield f"{name}-convergence", lambda form, r=result: plot_convergence(r, form)  # type: ignore[misc]
        if any(method.error_mha for method in result.methods):
            yield f"{name}-methods", lambda form, r=result: plot_methods(r, form)  # type: ignore[misc]
        if result.measurement is not None:
            yield f"{name}-measurement", lambda form, r=result: plot_measurement(r, form)  # type: ignore[misc]


def _file_name(name: str, taken: set[str]) -> str:
    """A name that every file system takes and that is not taken yet."""
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "_", name).strip("._-")[:80] or "candidate"
    unique, number = plain, 1
    while unique.lower() in taken:
        number += 1
        unique = f"{plain}-{number}"
    taken.add(unique.lower())
    return unique
