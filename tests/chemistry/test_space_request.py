"""Reading the specification of an active space."""

from __future__ import annotations

import pytest

from qchem_app.chemistry.active_space import parse_active_space
from qchem_app.errors import UsageError

FORMS = (
    'use auto, full, frozen-core, NE,NO (such as 6,6), avas:"N 2p" or natural:THRESHOLD '
    "(such as natural:0.01)"
)


def test_forms() -> None:
    for kind in ("auto", "full", "frozen-core"):
        assert parse_active_space(f" {kind.upper()} ").kind == kind
    cas = parse_active_space("(6, 4)")
    assert (cas.kind, cas.n_electrons, cas.n_orbitals, cas.text) == ("cas", 6, 4, "(6, 4)")
    natural = parse_active_space("natural:1e-2")
    assert (natural.kind, natural.threshold) == ("natural", 0.01)
    for text in (
        'avas:"N 2p, fe 3d"',
        "avas:N 2p,Fe 3d",
        "avas:N2p,Fe3d,N 2p",
        "AVAS:'N 2p,Fe 3d'",
    ):
        avas = parse_active_space(text)
        assert (avas.kind, avas.labels) == ("avas", (("N", "2p"), ("Fe", "3d")))


@pytest.mark.parametrize(
    "text", ["", "cas", "6", "6,6,6", "-2,2", "2.0,2", "6;6", "２,２", "fullest"]
)
def test_what_is_not_understood_lists_all_forms(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_active_space(text)
    assert str(caught.value) == f"active space {text!r} is not understood: {FORMS}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,2", "active space '0,2' is empty: give at least one of each, as 2,2"),
        ("2,0", "active space '2,0' is empty: give at least one of each, as 2,2"),
        (
            "20,3",
            "active space '20,3' asks for 20 electrons in 3 orbitals, which hold 6 at most: "
            "write electrons, then orbitals",
        ),
        (
            "avas:N",
            "AVAS label 'N' is not an element and a shell: "
            'write avas:"N 2p", avas:"Fe 3d,O 2p" or avas:"C 2pz"',
        ),
    ],
)
def test_numbers_no_molecule_could_make_right(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_active_space(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", ["0", "1", "-0.1", "2", "nan", "inf", "", "1%", "0.1,0.2"])
def test_threshold_is_between_zero_and_one(value: str) -> None:
    with pytest.raises(UsageError, match="needs a threshold between 0 and 1") as caught:
        parse_active_space(f"natural:{value}")
    assert f"active space 'natural:{value}'" in str(caught.value)


@pytest.mark.parametrize("label", [".*", "N 2p|O 2p", "N 2p)", "Xx 2p", "N 2p\nO 2p", "N [2]p"])
def test_no_pattern_reaches_pyscf(label: str) -> None:
    with pytest.raises(UsageError, match="is not an element and a shell"):
        parse_active_space(f"avas:{label}")
