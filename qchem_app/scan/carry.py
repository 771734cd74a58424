"""Carry: what one point of a scan leaves for those after it, as the bytes of an archive."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import dataclass

import numpy as np

from qchem_app.ansatz.hardware_efficient import HardwareEfficientAnsatz
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError
from qchem_app.scan.orbital_following import FollowedOrbitals

_FORMAT = "qchem-carry-1"
#: Numbers that the quasi-Newton model of a carry may hold: 8 MB.
_MOST_NUMBERS = 1_000_000
#: Overlap of active orbitals below which two points stand on different determinants.
_BRANCH = 0.3
_MALFORMED = (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

#: An excitation as JSON holds it: pairs of alpha, pairs of beta.
Key = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...], int]


@dataclass(frozen=True, eq=False)
class Carry:
    """Orbitals, order of excitations and parameters of a point.

    Attributes:
        position: where the point stands on the path.
        kind: of the active space.
        orbitals: in the order that all points share.
        order: of all excitations, those included that this point's symmetry forbids; None where
            the ansatz has an order of its own.
        parameters: value by excitation, radians.
        curvature: differences of parameters and of gradients along the search, as `VQE.run` takes
            them; (m, n_parameters) each, in the order of `parameters`.
        energies: Hartree, by method.
    """

    position: float
    kind: str
    orbitals: FollowedOrbitals
    order: tuple[Excitation, ...] | None
    parameters: dict[Key, float]
    curvature: tuple[np.ndarray, np.ndarray]
    energies: dict[str, float]

    def theta(self, keys: tuple[Key, ...]) -> np.ndarray:
        """Parameters of the excitations of another point; zero where this one has none."""
        return np.array([self.parameters.get(key, 0.0) for key in keys], dtype=float)

    def pairs(self, keys: tuple[Key, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
        """`curvature` over the excitations of another point."""
        place = {key: k for k, key in enumerate(self.parameters)}
        index = np.array([place.get(key, -1) for key in keys], dtype=int)
        known = index >= 0
        steps, changes = (
            np.where(known, part[:, index], 0.0) if part.size else part for part in self.curvature
        )
        return list(zip(steps, changes, strict=True))

    def to_bytes(self) -> bytes:
        """An npz archive."""
        most = max(1, _MOST_NUMBERS // max(1, 2 * len(self.parameters)))
        steps, changes = (part[-most:] for part in self.curvature)
        header = {
            "format": _FORMAT,
            "position": self.position,
            "kind": self.kind,
            "n_core": self.orbitals.n_core,
            "norb": self.orbitals.norb,
            "order": None if self.order is None else [[e.alpha, e.beta] for e in self.order],
            "keys": list(self.parameters),
            "energies": self.energies,
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            allow_pickle=False,
            header=np.array(json.dumps(header)),
            coeff=self.orbitals.coeff,
            occ=self.orbitals.occ,
            theta=np.array(list(self.parameters.values()), dtype=float),
            steps=steps,
            changes=changes,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Carry:
        """What `to_bytes` wrote.

        Raises:
            InputError: it did not.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            header = json.loads(str(arrays["header"]))
            if header["format"] != _FORMAT:
                raise ValueError(f"format {header['format']!r}")
            keys = [_key(key) for key in header["keys"]]
            order = header["order"]
            return cls(
                position=float(header["position"]),
                kind=str(header["kind"]),
                orbitals=FollowedOrbitals(
                    arrays["coeff"], arrays["occ"], int(header["n_core"]), int(header["norb"])
                ),
                order=None
                if order is None
                else tuple(Excitation(_pairs(a), _pairs(b)) for a, b in order),
                parameters=dict(zip(keys, arrays["theta"].tolist(), strict=True)),
                curvature=(arrays["steps"], arrays["changes"]),
                energies={str(k): float(v) for k, v in header["energies"].items()},
            )
        except _MALFORMED as error:
            raise InputError(
                "what a point of this scan left for its neighbours cannot be read; compute the "
                "scan again into another store"
            ) from error


def same_branch(carry: Carry, nearest: Carry) -> bool:
    """Whether a point stands on the determinant of the nearest one."""
    overlap = np.sum(carry.orbitals.active * nearest.orbitals.active, axis=0)
    return bool(np.abs(overlap).min(initial=1.0) > _BRANCH)


def parameter_keys(ansatz: ProductAnsatz | HardwareEfficientAnsatz) -> tuple[Key, ...]:
    """A name for each parameter that means the same at another geometry.

    The first excitation that it belongs to, counted where there are several; the parameters of
    circuits without excitations by their place.
    """
    if not isinstance(ansatz, ProductAnsatz):
        return tuple(((), (), m) for m in range(ansatz.n_parameters))
    first: dict[int, Excitation] = {}
    for excitation, m in zip(ansatz.excitations, ansatz.parameter.tolist(), strict=True):
        first.setdefault(m, excitation)
    seen: Counter[tuple[object, object]] = Counter()
    keys: list[Key] = []
    for m in range(ansatz.n_parameters):
        excitation = first[m]
        name = (excitation.alpha, excitation.beta)
        keys.append((*name, seen[name]))
        seen[name] += 1
    return tuple(keys)


def _pairs(value: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(p), int(q)) for p, q in value)


def _key(value: list) -> Key:
    alpha, beta, count = value
    return _pairs(alpha), _pairs(beta), int(count)
