"""Names of exchange-correlation functionals: which exist, and what is to be known about them."""

from __future__ import annotations

import contextlib
import difflib
import io
import math
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Literal

from qchem_app.errors import UsageError

# What PySCF's parser understands: names, factors, "a*X + b*Y, C", RSH(omega, alpha, beta).
_DESCRIPTION = re.compile(r"[a-z0-9_+\-*.,;() ]{1,120}")
_DOUBLE_HYBRID = re.compile(r"(rev)?(dsd|b2|xyg|pwpb95|ptpss|wb2|wb88pp|sos-|pbe0-?dh|pbe-?qidh).*")
_DISPERSION = re.compile(r"-d[34]")
_PREFIX = re.compile(r"(HYB_)?(LDA|GGA|MGGA)_(XC|X|C|K)_")


@dataclass(frozen=True)
class Functional:
    """A density functional that PySCF can run.

    Attributes:
        name: canonical: lower case, no spaces.
        meta: depends on the kinetic energy density, so wants a finer grid.
        part: what it is alone: "exchange" or "correlation" without the other, or "whole".
        notes: what a reader of its energy should know.
    """

    name: str
    meta: bool
    part: Literal["exchange", "correlation", "whole"]
    notes: tuple[str, ...]


@cache
def find_functional(name: str) -> Functional:
    """Look a functional up, or a linear combination in PySCF's notation, without running it.

    PySCF reads such text with its own small parser, nothing is evaluated as Python; what has
    other characters than that notation needs is refused before.

    Raises:
        UsageError: not a functional, or one that cannot be run here; with the nearest names.
    """
    from pyscf.dft import libxc

    text = "".join(name.lower().split())
    if not _DESCRIPTION.fullmatch(text) or text.isdigit():
        raise UsageError(f"{_shown(name)} is not the name of a density functional{_hint(text)}")
    _refuse_unsupported(text)
    output = io.StringIO()
    try:
        with contextlib.redirect_stderr(output), contextlib.redirect_stdout(output):
            hybrid, parts = libxc.parse_xc(text)
    except (KeyError, ValueError, IndexError, NotImplementedError, AssertionError) as error:
        raise UsageError(
            f"{_shown(name)} is not a density functional that PySCF knows{_hint(text)}"
        ) from error
    codes = [int(code) for code, _ in parts]
    factors = [float(factor) for _, factor in parts] + [float(h) for h in hybrid]
    if not codes:
        raise UsageError(f"{_shown(name)} has no density functional in it: use hf, or b3lyp")
    if not all(math.isfinite(factor) for factor in factors):
        raise UsageError(f"{_shown(name)} has a factor that is not finite: use ordinary numbers")
    kinds = _kinds()
    if any(code in kinds["K"] for code in codes):
        raise UsageError(
            f"{_shown(name)} is a kinetic-energy functional, not exchange or correlation: use b3lyp"
        )
    if any(libxc.needs_laplacian(code) for code in codes):
        raise UsageError(
            f"{_shown(name)} needs the Laplacian of the density, which PySCF has not: use r2scan"
        )
    part = _part(codes, float(hybrid[0]))
    notes = []
    if part != "whole":
        other = "correlation" if part == "exchange" else "exchange"
        notes.append(f"{part} only, no {other} functional")
    if _DISPERSION.split(text)[0] == "b3lyp":
        notes.append("B3LYP with VWN-RPA, as in Gaussian")
    return Functional(text, bool(libxc.is_meta_gga(text)), part, tuple(notes))


def functional_names() -> tuple[str, ...]:
    """Names of whole functionals (exchange and correlation), lower case, sorted."""
    from pyscf.dft import libxc

    whole = {_PREFIX.sub("", key) for key in libxc.XC_CODES if "_XC_" in key}
    named = {key for key, value in libxc.XC_CODES.items() if isinstance(value, str)}
    return tuple(sorted(key.lower() for key in whole | named | set(libxc.XC_ALIAS) | {"PBE0"}))


def _refuse_unsupported(text: str) -> None:
    from pyscf.scf import dispersion

    if _DOUBLE_HYBRID.fullmatch(text):
        raise UsageError(
            f"{_shown(text)} is a double hybrid, which PySCF has not: use a hybrid such as b3lyp "
            "or wb97x-v"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PySCF warns about wb97x-d4, refused below
            correction = dispersion.parse_dft(text)[2]
    except NotImplementedError as error:
        raise UsageError(
            f"{_shown(text)} has a dispersion correction that PySCF has not: use wb97x-v or b97m-v"
        ) from error
    if not correction:
        return
    if dispersion.dftd3 is None:
        raise UsageError(
            f"{_shown(text)} needs a dispersion correction, which is in a package that is not "
            "installed: pip install pyscf-dispersion, or use wb97x-v, which needs none"
        )
    version = correction.split(":")[0].removesuffix("2b").removesuffix("atm")
    if version not in dispersion.DISP_VERSIONS:
        raise UsageError(
            f"{_shown(text)} asks for the dispersion correction {version}: use one of "
            f"{', '.join(dispersion.DISP_VERSIONS)}"
        )


def _part(codes: list[int], exact_exchange: float) -> Literal["exchange", "correlation", "whole"]:
    kinds = _kinds()
    whole = any(code in kinds["XC"] for code in codes)
    exchange = whole or exact_exchange != 0 or any(code in kinds["X"] for code in codes)
    correlation = whole or any(code in kinds["C"] for code in codes)
    if exchange and correlation:
        return "whole"
    return "exchange" if exchange else "correlation"


@cache
def _kinds() -> dict[str, frozenset[int]]:
    """libxc's numbers of exchange (X), correlation (C), whole (XC), kinetic (K) functionals."""
    from pyscf.dft import libxc

    kinds: dict[str, set[int]] = {"X": {1, 106}, "C": {7, 8}, "XC": set(), "K": set()}
    for key, code in libxc.XC_CODES.items():
        prefix = _PREFIX.match(key)
        if prefix and not isinstance(code, str):
            kinds[prefix[3]].add(int(code))
    return {kind: frozenset(codes) for kind, codes in kinds.items()}


def _hint(text: str) -> str:
    nearest = difflib.get_close_matches(text, functional_names(), n=3, cutoff=0.6)
    return f": did you mean {' or '.join(nearest)}?" if nearest else ": use, for example, b3lyp"


def _shown(text: str) -> str:
    return f'"{ascii(text[:40])[1:-1]}"'
