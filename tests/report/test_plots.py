"""Plots as files: of each format, the same bytes for the same result."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from qchem_app.report.page.data import Curve
from qchem_app.report.plots.convergence import plot_convergence
from qchem_app.report.plots.dissociation import plot_dissociation
from qchem_app.report.plots.methods import plot_methods
from qchem_app.result import SolveResult

STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
Plot = Callable[[SolveResult, str], bytes]


@pytest.fixture
def curve() -> Curve:
    return Curve(
        "water along r",
        "r / Å",
        (0.5, 1.0, 1.5),
        {"hf": (-1.0, -1.2, -0.9), "fci": (-1.1, -1.3, -1.2), "vqe": (-1.1, None, -1.19)},
    )


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("plot", [plot_convergence, plot_methods])
def test_formats(plot: Plot, kind: str, traced: SolveResult) -> None:
    data = plot(traced, kind)
    assert data.startswith(STARTS[kind])
    assert plot(traced, kind) == data


@pytest.mark.parametrize("kind", STARTS)
def test_formats_of_a_curve(kind: str, curve: Curve) -> None:
    data = plot_dissociation(curve, kind)
    assert data.startswith(STARTS[kind])
    assert plot_dissociation(curve, kind) == data


def words(svg: bytes) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())


def test_what_a_convergence_shows(traced: SolveResult) -> None:
    shown = words(plot_convergence(traced, "svg"))
    assert {"FCI", "UCCSD-VQE", "|E − E(FCI)| / mHa", "h2o: convergence"} <= set(shown)
    without = [m for m in traced.methods if m.name != "fci"]
    shown = words(plot_convergence(traced.model_copy(update={"methods": tuple(without)}), "svg"))
    assert "UCCSD-VQE" in shown
    assert "FCI" not in shown


def test_what_the_errors_show(traced: SolveResult) -> None:
    shown = words(plot_methods(traced, "svg"))
    assert {"RHF", "MP2", "CCSD(T)", "UCCSD-VQE"} <= set(shown)
    assert not {"FCI", "B3LYP"} & set(shown)


def test_what_a_curve_shows(curve: Curve) -> None:
    shown = words(plot_dissociation(curve, "svg"))
    assert {"HF", "FCI", "VQE", "r / Å", "E − E(FCI) / mHa"} <= set(shown)
    alone = Curve(curve.title, curve.coordinate, curve.points, {"hf": curve.energies["hf"]})
    assert "E − E(FCI) / mHa" not in words(plot_dissociation(alone, "svg"))


@pytest.mark.parametrize("name", ["$\\frac{<script>&", "日本\n\x1b[31m", "nul\0"])
def test_a_hostile_name_is_only_text(name: str, traced: SolveResult) -> None:
    molecule = traced.input.model_copy(update={"name": name})
    data = plot_methods(traced.model_copy(update={"input": molecule}), "svg").decode()
    assert "<script>" not in data
    assert "\0" not in data


def test_without_a_vqe_there_is_no_convergence(traced: SolveResult) -> None:
    with pytest.raises(ValueError, match="without a VQE"):
        plot_convergence(traced.model_copy(update={"vqe": None}), "png")
