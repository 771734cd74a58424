"""ScanPlan: what all points of a scan share, decided once: space, references, where it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qchem_app.chemistry.active_space import ActiveSpace, select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import build_mole, run_mean_field
from qchem_app.chemistry.point_group import PointGroup, find_point_group, group_order
from qchem_app.errors import InputError
from qchem_app.molecule import Molecule
from qchem_app.references.catalogue import default_references
from qchem_app.result import Settings
from qchem_app.scan.points import Path, rotation
from qchem_app.scan.prediction import MOST_NEIGHBOURS

#: Methods that cost nothing beside the others and are always there.
_ALWAYS = ("hf",)


@dataclass(frozen=True)
class ScanPlan:
    """Decisions for all points.

    Attributes:
        settings: complete, with the active space and the references named.
        order: indices of the points in the order of computation.
        neighbours: for each point, those computed before it, the nearest first.
        groups: for points with more symmetry than the others, the point group to use instead of
            their own, so that irreps mean the same along the path.
    """

    settings: Settings
    order: tuple[int, ...]
    neighbours: dict[int, tuple[int, ...]]
    groups: dict[int, PointGroup]


def plan_scan(path: Path, settings: Settings, most_neighbours: int = MOST_NEIGHBOURS) -> ScanPlan:
    """Decide on space, references and order.

    The space is the smallest that any of a few points allows: the first, both ends and one of
    each point group. Where it leaves orbitals out, the scan begins at the point that allowed it,
    because the other points take the space that is most like their neighbour's.

    Args:
        path: the points.
        settings: with threads and memory_limit given.
        most_neighbours: that a point looks at.
    """
    own = _point_groups(path, settings)
    groups = _common_groups(path, own)
    samples = _samples(path, own)
    space_open = settings.active_space.strip().lower() == "auto"
    first = path.first
    if space_open or settings.references is None:
        spaces = {k: _space(path, k, settings, groups.get(k)) for k in samples}
        sizes = {k: (space.norb, sum(space.nelec)) for k, (space, _) in spaces.items()}
        smallest = min(sizes, key=lambda k: (sizes[k], k != path.first, k))
        if space_open:
            chosen = spaces[smallest][0]
            specification = chosen.specification
            if chosen.kind == "cas":
                specification = f"{sum(chosen.nelec)},{chosen.norb}"
            settings = settings.model_copy(update={"active_space": specification})
            if chosen.kind not in ("full", "frozen-core"):
                first = smallest
        if settings.references is None:
            lists = [names for _, names in spaces.values()]
            common = tuple(n for n in lists[0] if all(n in names for names in lists))
            settings = settings.model_copy(update={"references": common})
    assert settings.references is not None
    names = (*_ALWAYS, *(n for n in settings.references if n not in _ALWAYS))
    settings = settings.model_copy(update={"references": names})
    count = len(path.points)
    order = (*range(first, count), *range(first - 1, -1, -1))
    neighbours = {}
    for place, k in enumerate(order):
        done = sorted(order[:place], key=lambda j: (abs(path.values[j] - path.values[k]), j))
        neighbours[k] = tuple(done[:most_neighbours])
    return ScanPlan(settings, order, neighbours, groups)


def _molecule(path: Path, index: int) -> Molecule:
    geometry = path.points[index].geometry
    assert geometry is not None
    return geometry.molecule


def _point_groups(path: Path, settings: Settings) -> list[PointGroup | None]:
    """The point group of every point; None without symmetry."""
    if not settings.symmetry:
        return [None] * len(path.points)
    groups = []
    for k in range(len(path.points)):
        mole, _ = build_mole(
            _molecule(path, k),
            settings.basis,
            symmetry=False,
            memory_limit=settings.memory_limit,
        )
        groups.append(find_point_group(mole, settings.symmetry_tolerance))
    return groups


def _common_groups(path: Path, own: list[PointGroup | None]) -> dict[int, PointGroup]:
    """For points of higher symmetry, the group of the nearest point of the lowest one.

    A square among rectangles, or a linear molecule among bent ones, has other axes and other
    irreps; the operations of its neighbours hold there as well.
    """
    orders = [1 if group is None else group_order(group) for group in own]
    full = [None if group is None else group.full for group in own]
    lowest = [k for k, order in enumerate(orders) if order == min(orders)]
    usual = max((full[k] for k in lowest), key=[full[k] for k in lowest].count)
    common = [k for k in lowest if full[k] == usual]
    groups = {}
    for k in range(len(own)):
        if full[k] != usual:
            nearest = min(common, key=lambda j: abs(path.values[j] - path.values[k]))
            group = own[nearest]
            if group is not None:
                here, there = (_molecule(path, j).coordinates for j in (k, nearest))
                groups[k] = replace(group, axes=group.axes @ rotation(there, here))
    return groups


def _samples(path: Path, own: list[PointGroup | None]) -> list[int]:
    """The first point, both ends and one point of each point group on the way."""
    chosen = [path.first, 0, len(path.points) - 1]
    seen: set[str] = set()
    for k, group in enumerate(own):
        name = "" if group is None else group.full
        if name not in seen:
            seen.add(name)
            chosen.append(k)
    return list(dict.fromkeys(chosen))


def _space(
    path: Path, index: int, settings: Settings, group: PointGroup | None
) -> tuple[ActiveSpace, Sequence[str]]:
    """The space that a point allows, and the references that are cheap there."""
    molecule = _molecule(path, index)
    mean_field = run_mean_field(
        molecule,
        settings.basis,
        symmetry=settings.symmetry,
        symmetry_tolerance=settings.symmetry_tolerance,
        memory_limit=settings.memory_limit,
        like=group,
    )
    space = select_active_space(
        mean_field,
        settings.active_space,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
        references=settings.references,
        threads=settings.threads,
    )
    if space.norb == 0:
        raise InputError(f"{path.points[index].name}: the active space is empty")
    if settings.references is not None:
        return space, settings.references
    names = default_references(
        build_hamiltonian(mean_field, space),
        molecule,
        settings.basis,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
    )
    return space, names
