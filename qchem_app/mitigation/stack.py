"""Stack: mitigation techniques by name, in the order in which they can act."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.backends.base import CircuitEstimator, MomentEstimator
from qchem_app.errors import UsageError
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.mitigation.options import TECHNIQUES, keywords

#: Techniques that correct the energy itself; one at most stands on top of a stack.
TOPS = ("zne", "cdr", "reference")
NONE = "none"


@dataclass(frozen=True)
class Step:
    """One technique of a stack.

    Attributes:
        name: one of TECHNIQUES.
        options: words and numbers, as in zne(linear 1 3 5).
    """

    name: str
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({' '.join(self.options)})" if self.options else self.name


@dataclass(frozen=True)
class Stack:
    """Techniques in the order in which they act, innermost first; the raw energy has none.

    Attributes:
        steps: in the order of TECHNIQUES.
    """

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return ",".join(map(str, self.steps)) or NONE

    def __contains__(self, name: object) -> bool:
        return any(step.name == name for step in self.steps)

    @classmethod
    def parse(cls, text: str) -> Stack:
        """From text such as "readout,symmetry,zne(linear 1 3 5)", in any order; "none" is raw.

        Raises:
            UsageError: unknown techniques or options, or some that exclude each other.
        """
        steps = [_step(part) for part in re.split(r",(?![^(]*\))", text) if part.strip()]
        names = [step.name for step in steps]
        if NONE in names:
            if len(names) > 1:
                other = next(name for name in names if name != NONE)
                raise UsageError(f"the mitigation cannot be both none and {other}; leave one out")
            steps = []
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"the mitigation names {name} twice; name each technique once")
        tops = [name for name in names if name in TOPS]
        if len(tops) > 1:
            raise UsageError(
                f"{tops[0]} and {tops[1]} both correct the energy that is measured, and what one "
                "corrects the other cannot; leave one out"
            )
        if "pec" in names and "zne" in names:
            raise UsageError(
                "pec and zne both remove the errors of gates, and after pec there are none to "
                "extrapolate from; leave one out"
            )
        for step in steps:
            keywords(step.name, step.options)
        return cls(tuple(sorted(steps, key=lambda step: TECHNIQUES.index(step.name))))


def _step(text: str) -> Step:
    match = re.fullmatch(r"\s*([^()]*?)\s*(?:\(([^()]*)\))?\s*", text)
    name, inside = (match.group(1), match.group(2)) if match else (text.strip(), None)
    name = name.lower()
    if name not in (*TECHNIQUES, NONE):
        near = difflib.get_close_matches(name, TECHNIQUES, n=2, cutoff=0.6)
        advice = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"use {', '.join(TECHNIQUES[:-1])} or {TECHNIQUES[-1]}"
        )
        raise UsageError(f'"{ascii(name[:40])[1:-1]}" is not a mitigation technique: {advice}')
    options = tuple(word.lower() for word in re.split(r"[\s,]+", inside or "") if word)
    return Step(name, options)


def build_stack(
    stack: Stack | str,
    inner: MomentEstimator,
    *,
    symmetries: Sequence[Symmetry] = (),
    reference: np.ndarray | None = None,
    seed: int = 0,
) -> CircuitEstimator:
    """The techniques of a stack around an estimator.

    Args:
        stack: parsed, or as text.
        inner: measures; its sampler's noise model is what is known of the noise.
        symmetries: that are left on the qubits.
        reference: (n_parameters,) parameters at which the circuit prepares the reference
            determinant; None: zeros.
        seed: of the random choices of circuits.

    Raises:
        UsageError: see `Stack.parse`.
        InputError: a technique that this circuit, encoding or noise model leaves nothing to do.
    """
    stack = Stack.parse(stack) if isinstance(stack, str) else stack
    top: CircuitEstimator | None = None
    verified = tuple(symmetries) if "symmetry" in stack else ()
    for step in stack.steps:
        options = keywords(step.name, step.options)
        if step.name == "readout":
            from qchem_app.mitigation.readout import ReadoutInversion

            inner = ReadoutInversion(inner, **options)
        elif step.name == "symmetry":
            from qchem_app.mitigation.symmetry import SymmetryVerification

            inner = SymmetryVerification(inner, verified, **options)
        elif step.name == "dd":
            from qchem_app.mitigation.dynamical_decoupling import DynamicalDecoupling

            inner = DynamicalDecoupling(inner, **options)
        elif step.name == "twirling":
            from qchem_app.mitigation.twirling import PauliTwirling

            inner = PauliTwirling(inner, seed=seed, **options)
        elif step.name == "pec":
            from qchem_app.mitigation.pec import ProbabilisticErrorCancellation

            inner = ProbabilisticErrorCancellation(inner, seed=seed, **options)
        elif step.name == "zne":
            from qchem_app.mitigation.zne import ZeroNoiseExtrapolation

            top = ZeroNoiseExtrapolation(inner, seed=seed, **options)
        elif step.name == "cdr":
            from qchem_app.mitigation.clifford_regression import CliffordDataRegression

            top = CliffordDataRegression(inner, symmetries=verified, seed=seed, **options)
        else:
            from qchem_app.mitigation.reference_state import ReferenceStateMitigation

            top = ReferenceStateMitigation(inner, parameters=reference, symmetries=verified)
    return top or inner
