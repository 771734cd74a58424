"""Candidate: one molecule of a screening, or why it cannot be one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qchem_app.io.geometry import Geometry


@dataclass(frozen=True)
class Candidate:
    """What one file, frame or line of the input asks for.

    Attributes:
        name: unique within a screening.
        source: where it stands, for people: "set/h2.xyz", "path.xyz#3", "list.csv:7".
        geometry: the molecule; None where `error` says why there is none.
        overrides: settings of this candidate alone, by the names of `Settings`.
        error: one sentence where the candidate is broken, else empty.
        variables: values that were varied, by name with its unit ("r(H1-H2) / Å": 0.74).
        notes: what was assumed in reading it.
    """

    name: str
    source: str
    geometry: Geometry | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    variables: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
