"""At which level the candidates of a page were computed, in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qchem_app.report.page.data import Entry

#: More candidates than this that differ from the others are counted, not named.
_NAMED = 3
_KINDS = {
    "full": "full space",
    "frozen-core": "frozen core",
    "cas": "CAS",
    "avas": "AVAS space",
    "natural": "natural orbitals",
}


def level_of(entries: Sequence[Entry]) -> str:
    """Basis set and active spaces: "sto-3g, full space; salt: natural (14e,12o)".

    Empty where no entry says either.
    """
    known = [entry for entry in entries if entry.fields.get("basis")]
    if not known:
        return ""
    bases = Counter(str(entry.fields["basis"]) for entry in known)
    if len(bases) == 1:
        parts = [f"basis set {next(iter(bases))}"]
    else:
        counted = ", ".join(f"{name} in {count:,}" for name, count in bases.most_common())
        parts = [f"basis sets: {counted}"]
    parts += _spaces([entry for entry in known if entry.fields.get("space_kind")])
    return "; ".join(parts)


def _spaces(entries: Sequence[Entry]) -> list[str]:
    if not entries:
        return []
    kinds = Counter(str(entry.fields["space_kind"]) for entry in entries)
    spaces = {entry.fields.get("space") for entry in entries}
    cut = sum(entry.fields.get("space_cut") is True for entry in entries)
    if len(spaces) == 1 and spaces != {None}:
        parts = [f"active space {next(iter(spaces))}"]
    elif len(kinds) == 1:
        parts = [_kind(next(iter(kinds)))]
    else:
        usual = kinds.most_common(1)[0][0]
        others = [entry for entry in entries if entry.fields["space_kind"] != usual]
        if len(others) <= _NAMED:
            own = [f"{entry.name}: {entry.fields.get('space')}" for entry in others]
            parts = [_kind(usual), *own]
        else:
            parts = [
                ", ".join(f"{_kind(kind)} in {count:,}" for kind, count in kinds.most_common())
            ]
    if cut:
        whole = "all" if cut == len(entries) else f"{cut:,}"
        parts.append(f"orbitals left out in {whole}, because they did not fit")
    return parts


def _kind(kind: str) -> str:
    return _KINDS.get(kind, kind)
