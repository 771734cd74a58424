"""Optimise the geometries of this folder that have no experimental source worth citing.

    python molecules/optimise.py NAME        (prints symbols and coordinates in Ångström)

B3LYP/6-31G(d) for the larger ones, CCSD(T) (CCSD is already exact for two electrons) with all
electrons correlated for the small ones, no density fitting. The gradient is averaged over the
point group's axis reflections, so the starting symmetry is kept to the last digit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from pyscf import cc, dft, gto, lib, scf
from scipy.optimize import minimize, minimize_scalar

from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

Geometry = tuple[list[str], np.ndarray]

#: Starting points, Ångström, already of the right symmetry: a molecule in the yz plane.
STARTS: dict[str, list[tuple[str, float, float, float]]] = {
    "formamide": [
        ("C", 0.0, 0.420, 0.0),
        ("O", 0.0, 1.196, 0.930),
        ("N", 0.0, -0.930, 0.150),
        ("H", 0.0, 0.760, -1.040),
        ("H", 0.0, -1.320, 1.080),
        ("H", 0.0, -1.540, -0.650),
    ],
    "pyrrole": [
        ("N", 0.0, 0.0, 1.119),
        ("C", 0.0, 1.121, 0.333),
        ("C", 0.0, -1.121, 0.333),
        ("C", 0.0, 0.709, -0.981),
        ("C", 0.0, -0.709, -0.981),
        ("H", 0.0, 0.0, 2.124),
        ("H", 0.0, 2.107, 0.768),
        ("H", 0.0, -2.107, 0.768),
        ("H", 0.0, 1.357, -1.843),
        ("H", 0.0, -1.357, -1.843),
    ],
}


def reflections(symbols: list[str], xyz: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sign changes of the axes that map the molecule onto itself, as (signs, permutation)."""
    found = []
    for signs in np.array(np.meshgrid([1, -1], [1, -1], [1, -1])).reshape(3, -1).T:
        distance = np.linalg.norm(xyz[:, None] - (xyz * signs)[None], axis=2)
        image = distance.argmin(axis=1)
        if distance.min(axis=1).max() < 1e-6 and [symbols[i] for i in image] == symbols:
            found.append((signs, image))
    return found


def b3lyp_optimum(name: str, basis: str) -> Geometry:
    """The B3LYP minimum of the symmetry of the start, Ångström."""
    symbols = [row[0] for row in STARTS[name]]
    start = np.array([row[1:] for row in STARTS[name]]) * BOHR_PER_ANGSTROM
    group = reflections(symbols, start)
    # Bonds stretch at about half a Hartree per square Bohr: without this scale, the first step
    # of BFGS is a full Bohr per unit of gradient.
    scale = 0.7

    def symmetrised(vectors: np.ndarray) -> np.ndarray:
        images = np.array([(vectors * signs)[image] for signs, image in group])
        return np.asarray(images.mean(axis=0))

    def energy_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        molecule = gto.M(
            atom=list(zip(symbols, flat.reshape(-1, 3), strict=True)),
            unit="Bohr",
            basis=basis,
            verbose=0,
        )
        mean_field = dft.RKS(molecule, xc="b3lyp")
        mean_field.grids.level = 4
        mean_field.run(conv_tol=1e-10)
        slope = mean_field.nuc_grad_method()
        slope.grid_response = True
        gradient = symmetrised(slope.kernel())
        print(mean_field.e_tot, abs(gradient).max(), file=sys.stderr, flush=True)
        return float(mean_field.e_tot), gradient.ravel() * scale

    result = minimize(
        lambda x: energy_and_gradient(x * scale),
        start.ravel() / scale,
        jac=True,
        method="BFGS",
        options={"gtol": 3e-5},
    )
    xyz = symmetrised((result.x * scale).reshape(-1, 3)) * ANGSTROM_PER_BOHR
    return symbols, xyz


def coupled_cluster_energy(geometry: Geometry, basis: str, charge: int, spin: int) -> float:
    molecule = gto.M(
        atom=list(zip(geometry[0], geometry[1], strict=True)),
        unit="Angstrom",
        basis=basis,
        charge=charge,
        spin=spin,
        verbose=0,
    )
    mean_field = scf.RHF(molecule) if spin == 0 else scf.UHF(molecule)
    mean_field.run(conv_tol=1e-12)
    solver = cc.CCSD(mean_field) if spin == 0 else cc.UCCSD(mean_field)
    solver.run(conv_tol=1e-10)
    triples = solver.ccsd_t() if sum(molecule.nelec) > 2 else 0.0
    return float(solver.e_tot + triples)


def ammonium(bond: float) -> Geometry:
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * bond / np.sqrt(3)
    return ["N", "H", "H", "H", "H"], np.vstack([np.zeros(3), corners])


def triangle(side: float) -> Geometry:
    radius = side / np.sqrt(3)
    return ["H"] * 3, np.array(
        [[0, 0, radius], [0, side / 2, -radius / 2], [0, -side / 2, -radius / 2]]
    )


def helium_hydride(bond: float) -> Geometry:
    return ["He", "H"], np.array([[0, 0, 0], [0, 0, bond]])


def hydrogen_cyanide(ch: float, cn: float) -> Geometry:
    return ["H", "C", "N"], np.array([[0, 0, -ch], [0, 0, 0], [0, 0, cn]])


def methylene(bond: float, angle: float) -> Geometry:
    half = np.radians(angle) / 2
    y, z = bond * np.sin(half), bond * np.cos(half)
    return ["C", "H", "H"], np.array([[0, 0, 0], [0, y, z], [0, -y, z]])


def newton_minimum(energy: Callable[[np.ndarray], float], start: np.ndarray) -> np.ndarray:
    """Minimum over two parameters (bond in Ångström, then bond or angle in degrees), to 1e-5."""
    steps = np.array([0.005, 0.005 if start[1] < 10 else 0.5])
    point = start
    for _ in range(6):
        (u, v), here = np.diag(steps), energy(point)
        up, um, vp, vm = (energy(point + d) for d in (u, -u, v, -v))
        cross = energy(point + u + v) - up - vp + here
        slope = np.array([up - um, vp - vm]) / 2
        curvature = np.array([[up + um - 2 * here, cross], [cross, vp + vm - 2 * here]])
        move = -steps * np.linalg.solve(curvature, slope)
        point = point + move
        print(here, *point, file=sys.stderr, flush=True)
        if np.all(np.abs(move) < 1e-3 * steps):
            break
    return point


def main(name: str) -> None:
    lib.num_threads(1)
    if name in STARTS:
        geometry = b3lyp_optimum(name, "6-31g*")
    else:
        cases: dict[str, tuple[Callable[..., Geometry], list[float], str, int, int]] = {
            "nh4_plus": (ammonium, [1.02], "cc-pvtz", 1, 0),
            "h3_plus": (triangle, [0.875], "cc-pvqz", 1, 0),
            "heh_plus": (helium_hydride, [0.774], "cc-pvqz", 1, 0),
            "hcn": (hydrogen_cyanide, [1.066, 1.156], "cc-pvtz", 0, 0),
            "ch2_singlet": (methylene, [1.11, 102.0], "cc-pvtz", 0, 0),
            "ch2_triplet": (methylene, [1.08, 133.0], "cc-pvtz", 0, 2),
        }
        build, start, basis, charge, spin = cases[name]

        def energy(parameters: np.ndarray) -> float:
            return coupled_cluster_energy(build(*np.atleast_1d(parameters)), basis, charge, spin)

        best = (
            np.array([minimize_scalar(energy, bracket=(start[0] - 0.02, start[0] + 0.02)).x])
            if len(start) == 1
            else newton_minimum(energy, np.array(start))
        )
        print("parameters:", *best)
        geometry = build(*best)
    for symbol, xyz in zip(*geometry, strict=True):
        print(f"{symbol:2s}" + "".join(f" {x + 0.0:16.10f}" for x in xyz))


if __name__ == "__main__":
    main(sys.argv[1])
