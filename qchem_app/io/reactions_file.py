"""Reading reactions from YAML: what differences of energies are to be formed, and experiments."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, get_args

from qchem_app.errors import InputError
from qchem_app.io.source import decode, excerpt, read_source
from qchem_app.io.yaml_text import parse_yaml
from qchem_app.units import EV_PER_HARTREE, KCAL_PER_MOL_PER_HARTREE, KJ_PER_MOL_PER_HARTREE

ReactionKind = Literal["reaction", "binding", "atomisation", "isomerisation"]
#: What an experimental value contains: electronic energies alone, or vibrations at 0 K or 298 K.
ExperimentKind = Literal["electronic", "0K", "298K"]

#: kJ/mol of one unit, by its name in lower case.
_UNITS = {
    "kj/mol": 1.0,
    "kcal/mol": KJ_PER_MOL_PER_HARTREE / KCAL_PER_MOL_PER_HARTREE,
    "ev": KJ_PER_MOL_PER_HARTREE / EV_PER_HARTREE,
    "ha": KJ_PER_MOL_PER_HARTREE,
    "hartree": KJ_PER_MOL_PER_HARTREE,
    "mha": KJ_PER_MOL_PER_HARTREE / 1e3,
}
#: Stands for the name of a candidate in a template.
PLACEHOLDER = "{candidate}"
_MOST_REACTIONS, _MOST_SPECIES, _LARGEST_COEFFICIENT = 10_000, 100, 1000
_FRACTION = re.compile(r"\s*([0-9]{1,6})\s*(?:/\s*([0-9]{1,6})\s*)?")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Experiment:
    """A measured reaction energy.

    Attributes:
        kj_mol: kJ/mol, products minus reactants.
        kind: what it contains beside the electronic energies.
    """

    kj_mol: float
    kind: ExperimentKind = "electronic"


@dataclass(frozen=True)
class Reaction:
    """A reaction, or a template of one for every candidate that fits.

    Attributes:
        name: as given.
        kind: what it is called; atomisation without species means: into the atoms' candidates.
        species: (name of a candidate, coefficient); reactants have negative coefficients.
        candidates: names that a template is made for; None: all that fit.
        atoms: candidate of an element's atom, where several could be meant (atomisation).
        experiment: of a reaction that is no template.
        experiments: of a template, by the candidate's name.
    """

    name: str
    kind: ReactionKind = "reaction"
    species: tuple[tuple[str, Fraction], ...] = ()
    candidates: tuple[str, ...] | None = None
    atoms: Mapping[str, str] = field(default_factory=dict)
    experiment: Experiment | None = None
    experiments: Mapping[str, Experiment] = field(default_factory=dict)

    @property
    def template(self) -> bool:
        """Whether it is made anew for every candidate."""
        return not self.species or any(PLACEHOLDER in name for name, _ in self.species)

    @property
    def identifier(self) -> str:
        """The name as it stands in formulas, such as "water_formation"."""
        word = re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_") or "reaction"
        return f"r_{word}" if word[0].isdigit() else word


def read_reactions(path: str | os.PathLike[str]) -> tuple[Reaction, ...]:
    """Read a file of reactions, see `parse_reactions`.

    Raises:
        InputError: it cannot be read, or is not such a file.
    """
    source = read_source(path)
    return parse_reactions(decode(source), source.label)


def parse_reactions(text: str, label: str) -> tuple[Reaction, ...]:
    """The reactions in a YAML text.

    ::

        reactions:
          water formation:                     # any name
            kind: reaction                     # or binding, isomerisation, atomisation
            reactants: {h2: 1, o2: 1/2}        # candidate: coefficient
            products: {h2o: 1}                 # or a list: [h2o]
            experimental: {value: -57.8, unit: kcal/mol, kind: 298K}
          binding:                             # once for every candidate that fits
            kind: binding
            reactants: ["{candidate}", host]
            products: ["{candidate}-host"]
            candidate: [benzene, phenol]       # optional; default: all that fit
            experimental: {unit: kJ/mol, kind: electronic, values: {benzene: -12.1}}
        atomisation:                           # every molecule into the atoms of the screening
          candidate: all
          atoms: {O: o_triplet}                # optional, where several atoms could be meant
          experimental: {unit: kcal/mol, kind: 0K, values: {h2o: 219.3}}

    Energies are products minus reactants, so that what binds has a negative binding and a positive
    atomisation energy. Units: kJ/mol, kcal/mol, eV, Ha, mHa. `kind` of an experimental value says
    what it contains: electronic energies only (the default), or vibrations at 0K or 298K, which
    computed energies here do not. Names that YAML takes for something else (NO) need quotes.

    Raises:
        InputError: not such a file, with the place that is wrong.
    """
    data = parse_yaml(text, label)
    reader = _Reader(label)
    top = reader.mapping(data, "the file", ("reactions", "atomisation", "atomization"))
    reactions = []
    if top.get("reactions") is not None:
        entries = reader.mapping(top["reactions"], "reactions")
        if len(entries) > _MOST_REACTIONS:
            raise reader.error("reactions", f"has {len(entries):,} entries", "give fewer")
        reactions = [reader.reaction(name, entry) for name, entry in entries.items()]
    for spelling in ("atomisation", "atomization"):
        if spelling in top:
            reactions.append(reader.atomisation(top[spelling]))
    if not reactions:
        raise reader.error("the file", "holds no reaction", 'begin it with "reactions:"')
    seen: dict[str, str] = {}
    for reaction in reactions:
        other = seen.setdefault(reaction.identifier, reaction.name)
        if other != reaction.name or sum(r.name == other for r in reactions) > 1:
            raise reader.error(
                f'"{excerpt(reaction.name)}"',
                f'has the same name in formulas as "{excerpt(other)}", {reaction.identifier}',
                "rename one of them",
            )
    return tuple(reactions)


class _Reader:
    """One file; `label` names it in errors."""

    def __init__(self, label: str) -> None:
        self.label = label

    def error(self, place: str, problem: str, advice: str) -> InputError:
        return InputError(f"{self.label}: {place} {problem}: {advice}")

    def mapping(
        self, data: Any, place: str, allowed: tuple[str, ...] | None = None
    ) -> dict[str, Any]:
        if not isinstance(data, dict):
            found = "nothing" if data is None else f"{_type(data)} there"
            raise self.error(place, f"must be a mapping, found {found}", "write key: value")
        result = {self.name(key, place): value for key, value in data.items()}
        if len(result) != len(data):
            raise self.error(place, "has a name twice", "keep one of them")
        if allowed is not None:
            for key in result:
                if key not in allowed:
                    raise self.error(
                        place, f'has an unknown entry "{excerpt(key)}"', f"use {', '.join(allowed)}"
                    )
        return result

    def name(self, data: Any, place: str) -> str:
        """A name; YAML turns NO and On into truth values, which cannot be undone."""
        if isinstance(data, bool) or data is None:
            raise self.error(
                place,
                f"has a name that YAML reads as {str(data).lower()}",
                'put quotes around it, as in "NO"',
            )
        if not isinstance(data, str | int | float):
            raise self.error(place, f"has {_type(data)} for a name", "write a word")
        name = str(data).strip()
        if not name:
            raise self.error(place, "has an empty name", "write a word")
        return name

    def reaction(self, name: str, data: Any) -> Reaction:
        place = f'"{excerpt(name)}"'
        allowed = ("kind", "reactants", "products", "experimental", "candidate", "atoms")
        entry = self.mapping(data, place, allowed)
        kind = self.choice(entry.get("kind", "reaction"), ReactionKind, f"kind of {place}")
        if kind == "atomisation" and not {"reactants", "products"} & set(entry):
            entry.pop("kind")
            return self.atomisation(entry, name)
        if "atoms" in entry:
            raise self.error(place, "has atoms beside its species", "leave the atoms out")
        species: dict[str, Fraction] = {}
        for side, sign in (("reactants", -1), ("products", 1)):
            if side not in entry:
                raise self.error(place, f"has no {side}", f"write {side}: {{name: 1}}")
            for word, coefficient in self.side(entry[side], f"{side} of {place}").items():
                species[word] = species.get(word, Fraction(0)) + sign * coefficient
        kept = tuple((word, count) for word, count in species.items() if count)
        if not kept:
            raise self.error(place, "has the same species on both sides", "nothing is left of it")
        if len(kept) > _MOST_SPECIES:
            raise self.error(place, f"has {len(kept)} species", f"at most {_MOST_SPECIES} are read")
        template = any(PLACEHOLDER in word for word, _ in kept)
        if "candidate" in entry and not template:
            raise self.error(
                place, "names candidates but is no template", f'write "{PLACEHOLDER}" in a species'
            )
        single, several = self.experiments(entry.get("experimental"), place, template)
        candidates = self.candidates(entry.get("candidate", "all"), place)
        return Reaction(name, kind, kept, candidates, _NOTHING, single, several)

    def atomisation(self, data: Any, name: str = "atomisation") -> Reaction:
        place = f'"{excerpt(name)}"'
        entry = self.mapping(data, place, ("candidate", "atoms", "experimental"))
        atoms = self.mapping(entry.get("atoms") or {}, f"atoms of {place}")
        chosen = {symbol: self.name(atom, f"atoms of {place}") for symbol, atom in atoms.items()}
        _, several = self.experiments(entry.get("experimental"), place, True)
        candidates = self.candidates(entry.get("candidate", "all"), place)
        return Reaction(
            name,
            "atomisation",
            candidates=candidates,
            atoms=MappingProxyType(chosen),
            experiments=several,
        )

    def candidates(self, data: Any, place: str) -> tuple[str, ...] | None:
        if data == "all":
            return None
        names = data if isinstance(data, list) else [data]
        if not names:
            raise self.error(place, "names no candidate", "write candidate: all")
        return tuple(dict.fromkeys(self.name(item, f"candidate of {place}") for item in names))

    def side(self, data: Any, place: str) -> dict[str, Fraction]:
        """Names and coefficients, from a mapping, a list or a single name."""
        if isinstance(data, dict):
            entries = list(self.mapping(data, place).items())
        else:
            items = data if isinstance(data, list) else [data]
            entries = [(self.name(item, place), 1) for item in items]
        if not entries:
            raise self.error(place, "are empty", "name at least one candidate")
        result: dict[str, Fraction] = {}
        for name, coefficient in entries:
            result[name] = result.get(name, Fraction(0)) + self.coefficient(coefficient, place)
        return result

    def coefficient(self, data: Any, place: str) -> Fraction:
        value = Fraction(0)
        match = _FRACTION.fullmatch(str(data)) if isinstance(data, str | int) else None
        if match and not isinstance(data, bool) and int(match[2] or 1):
            value = Fraction(int(match[1]), int(match[2] or 1))
        elif isinstance(data, float) and 0 < data <= _LARGEST_COEFFICIENT:
            value = Fraction(str(data))
        if not 0 < value <= _LARGEST_COEFFICIENT or value.denominator > _LARGEST_COEFFICIENT:
            raise self.error(
                place,
                f"have the coefficient {excerpt(str(data), 20)}",
                f"use whole numbers from 1 to {_LARGEST_COEFFICIENT} or fractions such as 1/2",
            )
        return value

    def choice(self, data: Any, kinds: Any, place: str) -> Any:
        options = get_args(kinds)
        if data == "atomization":
            data = "atomisation"
        if data == "isomerization":
            data = "isomerisation"
        if data not in options:
            raise self.error(place, f'is "{excerpt(str(data), 30)}"', f"use {', '.join(options)}")
        return data

    def experiments(
        self, data: Any, place: str, template: bool
    ) -> tuple[Experiment | None, Mapping[str, Experiment]]:
        """The experimental value of a reaction, or those of a template's candidates."""
        if data is None:
            return None, _NOTHING
        where = f"experimental of {place}"
        wanted = "values" if template else "value"
        entry = self.mapping(data, where, (wanted, "unit", "kind"))
        if wanted not in entry:
            raise self.error(where, f"has no {wanted}", f"write {wanted}: ...")
        if "unit" not in entry:
            raise self.error(where, "has no unit", "write unit: kJ/mol")
        factor = _UNITS.get(str(entry["unit"]).strip().lower())
        if factor is None:
            raise self.error(
                where,
                f'has the unit "{excerpt(str(entry["unit"]), 20)}"',
                "use kJ/mol, kcal/mol, eV, Ha or mHa",
            )
        kind = self.choice(entry.get("kind", "electronic"), ExperimentKind, f"kind of {where}")
        if not template:
            return Experiment(self.number(entry["value"], where) * factor, kind), _NOTHING
        values = self.mapping(entry["values"], where)
        return None, MappingProxyType(
            {
                name: Experiment(self.number(value, where) * factor, kind)
                for name, value in values.items()
            }
        )

    def number(self, data: Any, place: str) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not abs(data) < 1e9:
            raise self.error(place, f'has the value "{excerpt(str(data), 20)}"', "write a number")
        return float(data)


def _type(data: Any) -> str:
    kinds = {list: "a list", dict: "a mapping", str: "text", bool: "a truth value"}
    return kinds.get(type(data), "a number" if isinstance(data, int | float) else "something else")
