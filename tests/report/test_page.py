"""The page as text: what is embedded, how it is escaped, what it allows itself to load."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from qchem_app.report.page.columns import label_of, table_data
from qchem_app.report.page.curves import curve_data, curves_of
from qchem_app.report.page.data import Curve, Entry, Page
from qchem_app.report.page.embed import embedded_json, safe_text
from qchem_app.report.page.errors import errors_data
from qchem_app.report.page.html import build_report
from qchem_app.report.page.level import level_of
from qchem_app.report.page.manifest import settings_group
from qchem_app.report.page.reactions import reaction_tables
from qchem_app.result import DeviceSettings, Settings, SolveResult

from .conftest import HOSTILE, MakePage


class Parsed(HTMLParser):
    """Tags and the content of scripts and styles, as a browser's parser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.contents.append((self.tags[-1][1], data))
        elif self.cdata_elem == "style":
            self.styles.append(data)

    @property
    def data(self) -> dict[str, Any]:
        """Embedded data by their ids."""
        found: dict[str, str] = {}
        for attributes, text in self.contents:
            if attributes.get("type") == "application/json":
                name = str(attributes["id"])
                found[name] = found.get(name, "") + text
        return {name: json.loads(text) for name, text in found.items()}

    @property
    def scripts(self) -> list[str]:
        """Scripts that would run."""
        joined: list[tuple[int, str]] = []
        for attributes, text in self.contents:
            if not attributes:
                if joined and joined[-1][0] == id(attributes):
                    joined[-1] = (id(attributes), joined[-1][1] + text)
                else:
                    joined.append((id(attributes), text))
        return [text for _, text in joined]


def entry(name: str, result: SolveResult | None = None, **more: Any) -> Entry:
    return Entry(name=name, source=f"{name}.xyz", status="done", result=result, **more)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_are_only_data(
    hostile: str, make_page: MakePage, traced: SolveResult
) -> None:
    molecule = traced.input.model_copy(update={"name": hostile, "source": hostile})
    result = traced.model_copy(update={"input": molecule, "verdict": hostile, "notes": (hostile,)})
    bad = Entry(hostile, hostile, "done", {"formula": hostile, hostile: hostile}, result)
    calm = Parsed(build_report(make_page(entry("h2", traced))))
    parsed = Parsed(build_report(make_page(bad, title=hostile, subtitle=hostile)))
    assert [tag for tag, _ in parsed.tags] == [tag for tag, _ in calm.tags]
    assert parsed.scripts == calm.scripts
    assert parsed.data["page-data"]["rows"]["name"] == [safe_text(hostile)]
    assert parsed.data["detail-0"]["verdict"] == safe_text(hostile)


@given(st.text())
def test_embedded_text_cannot_end_its_script(text: str) -> None:
    embedded = embedded_json({"text": text, text: [text]})
    assert not set(embedded) & set("<>&\u2028\u2029\0")
    assert json.loads(embedded)["text"] == safe_text(text)
    embedded.encode()


def test_numbers_that_json_lacks_become_null() -> None:
    assert (
        embedded_json([float("nan"), float("inf"), 1.5, True, None]) == "[null,null,1.5,true,null]"
    )


def test_policy_allows_the_page_s_own_scripts_and_nothing_else(
    make_page: MakePage, traced: SolveResult
) -> None:
    parsed = Parsed(build_report(make_page(entry("water", traced))))
    policy = next(
        str(attributes["content"])
        for tag, attributes in parsed.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("script-src").split() == [_hash(text) for text in parsed.scripts]
    assert rules.pop("style-src").split() == [_hash("".join(parsed.styles))]
    assert rules == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert len(parsed.scripts) == 2


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def test_page_refers_to_no_file_and_no_address(make_page: MakePage, traced: SolveResult) -> None:
    parsed = Parsed(build_report(make_page(entry("water", traced))))
    for tag, attributes in parsed.tags:
        assert "src" not in attributes
        assert tag not in ("link", "iframe", "object", "img", "base")
        assert not str(attributes.get("href", "#")).startswith(("http", "//", "file"))
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in "".join(parsed.styles)
    assert "@import" not in "".join(parsed.styles)
    own = parsed.scripts[-1]
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
    ):
        assert way not in own.replace("there is no innerHTML", "")


def test_licence_of_the_viewer_is_in_the_page(make_page: MakePage, traced: SolveResult) -> None:
    html = build_report(make_page(entry("water", traced)))
    assert "Copyright (c) 2014, University of Pittsburgh and contributors" in html
    assert "Redistributions in binary form must reproduce the above copyright" in html


def test_details_have_what_the_table_of_the_terminal_has(
    make_page: MakePage, traced: SolveResult
) -> None:
    noted = entry(
        "water", traced, notes=("charge assumed",), task_id="abc", variables={"r / Å": 1.5}
    )
    detail = Parsed(build_report(make_page(noted))).data["detail-0"]
    assert [method["label"] for method in detail["methods"]][:2] == ["RHF", "MP2"]
    assert detail["methods"][2]["flags"] == ["NOT CONVERGED"]
    assert detail["fci"] == -75.01244
    assert detail["trace"][5] == [5, pytest.approx(-75.01232 + 5e-7)]
    assert detail["atoms"][0] == ["O", 0.0, 0.0, pytest.approx(0.105835)]
    assert detail["measurement"]["points"][0] == [1.0, -74.96232, pytest.approx(1.959964e-3)]
    assert ["Raw energy", 13, 50_000, 1_234_567, 1.25] in detail["ledger"]
    assert detail["notes"] == ["charge assumed"]
    assert detail["variables"] == [["r / Å", "1.5"]]
    manifest = {heading: dict(facts) for heading, facts in detail["manifest"]}
    assert manifest["Run"]["task"] == "abc"
    assert manifest["Input"]["sha256"] == traced.input.sha256
    assert manifest["Settings"]["basis"] == "sto-3g"
    assert manifest["Versions"]["pyscf"] == "2.14.0"
    text = json.dumps(detail)
    assert "excitations" not in [key for key in detail]
    assert len(text) < 9000


def test_long_trace_is_thinned_out(make_page: MakePage, traced: SolveResult) -> None:
    assert traced.vqe is not None
    point = traced.vqe.trace[0]
    trace = tuple(point.model_copy(update={"iteration": k}) for k in range(5001))
    vqe = traced.vqe.model_copy(update={"trace": trace})
    long = entry("water", traced.model_copy(update={"vqe": vqe}))
    shown = Parsed(build_report(make_page(long))).data["detail-0"]["trace"]
    assert 300 < len(shown) <= 402
    assert (shown[0][0], shown[-1][0]) == (0, 5000)


def test_only_the_first_have_details_and_the_page_says_so(
    make_page: MakePage, traced: SolveResult
) -> None:
    entries = [entry(f"h2o-{k}", traced) for k in range(5)]
    data = Parsed(build_report(make_page(*entries, details=2))).data
    assert [name for name in data if name.startswith("detail")] == ["detail-0", "detail-1"]
    assert data["page-data"]["rows"]["has"] == [True, True, False, False, False]
    (remark,) = data["page-data"]["remarks"]
    assert "first 2 candidates only; the other 3" in remark


def test_a_failed_candidate_can_be_opened(make_page: MakePage) -> None:
    failed = Entry("x", "x.xyz", "failed", error="The SCF ran away: try another guess.")
    data = Parsed(build_report(make_page(failed))).data["page-data"]
    assert data["rows"]["has"] == [True]
    assert data["rows"]["error"] == ["The SCF ran away: try another guess."]
    assert {card["label"]: card["value"] for card in data["cards"]} == {
        "Candidates": "1",
        "Done": "0",
        "Failed": "1",
    }


def test_size_of_a_report_of_170(make_page: MakePage, traced: SolveResult) -> None:
    result = traced.model_copy(
        update={
            "input": traced.input.model_copy(
                update={"symbols": ("C",) * 12, "coordinates_bohr": ((1.123456, 2.0, 3.0),) * 12}
            )
        }
    )
    fields = {f"field_{k}": 1.23456789 for k in range(60)}
    html = build_report(make_page(*(entry(f"m{k}", result, fields=fields) for k in range(170))))
    assert len(html.encode()) < 5_000_000


def test_columns_without_values_are_left_out_and_kinds_are_told_apart() -> None:
    fields = ({"qubits": 4, "t1": 0.01, "empty": None}, {"qubits": None, "t1": 0.0212345678})
    entries = [
        Entry("a", "", "done", fields[0], variables={"r / Å": 0.5}),
        Entry("b", "", "done", fields[1]),
    ]
    columns, rows = table_data(entries, {})
    by_key = {column["key"]: column for column in columns}
    assert "empty" not in by_key
    assert (by_key["qubits"]["digits"], by_key["qubits"]["number"]) == (0, True)
    assert (by_key["t1"]["digits"], by_key["name"]["number"]) == (4, False)
    assert by_key["variable r / Å"]["unit"] == "Å"
    assert rows["qubits"] == [4, None]
    assert rows["t1"] == [0.01, 0.021235]
    assert [column["key"] for column in columns][:3] == ["name", "status", "variable r / Å"]


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("error_ccsd_t_mha", "CCSD(T) error"),
        ("error_mha", "VQE error"),
        ("e_b3lyp", "E(B3LYP)"),
        ("se_raw_mha", "Standard error of Raw"),
        ("something_new", "something new"),
    ],
)
def test_labels(field: str, label: str) -> None:
    assert label_of(field) == label


def scan(values: list[float]) -> list[Entry]:
    return [
        Entry(
            f"p{k}",
            "",
            "done",
            {"e_hf": -1.0 + value, "e_fci": -1.1 if value != 1.0 else None, "e_b3lyp": -1.2},
            variables={"r(H1-H2) / Å": value},
        )
        for k, value in enumerate(values)
    ]


def test_curve_of_a_scan_is_ordered_and_has_gaps() -> None:
    (curve,) = curves_of(scan([2.0, 0.5, 1.0]))
    assert curve.points == (0.5, 1.0, 2.0)
    data = curve_data(curve)
    assert [series["label"] for series in data["series"]] == ["HF", "FCI"]
    assert data["reference"] == "FCI"
    assert data["series"][0]["errors"] == [600.0, None, 2100.0]
    assert data["series"][1]["errors"] is None


def test_no_curve_without_three_points_of_one_variable() -> None:
    assert curves_of(scan([1.0, 2.0])) == ()
    assert curves_of([Entry("a", "", "done")]) == ()
    both = [
        Entry(f"{a}{b}", "", "done", {"e_hf": -1.0}, variables={"a / Å": a, "b / °": b})
        for a in (1.0, 2.0, 3.0)
        for b in (1.0, 2.0, 3.0)
    ]
    assert curves_of(both) == ()


def judged(name: str, best: str, **errors: float | None) -> Entry:
    return Entry(name, "", "done", {"best": best, **errors})


def test_errors_of_the_methods_are_those_against_fci() -> None:
    entries = [
        judged("a", "fci", error_hf_mha=10.0, error_mha=0.5),
        judged("b", "ccsd_t", error_hf_mha=1e3, error_mha=1e3),
        judged("c", "fci", error_hf_mha=-30.0, error_mha=None),
        judged("d", "fci", error_hf_mha=1.0, error_mha=-2.0),
    ]
    data = errors_data(entries)
    assert data is not None
    hf, vqe = data["strips"]
    assert (hf["label"], hf["errors"], hf["median"]) == (
        "HF",
        [[0, 10.0], [2, -30.0], [3, 1.0]],
        10,
    )
    assert (vqe["errors"], vqe["median"]) == ([[0, 0.5], [3, -2.0]], 1.25)
    assert data["table"].rows[0] == ("HF", 3, 1, 33.3, 10.0, -30.0, "c")
    assert data["table"].rows[1] == ("VQE", 2, 1, 50.0, 1.25, -2.0, "d")
    assert errors_data(entries[:3]) is None


def test_errors_of_the_methods_stand_beside_curves(make_page: MakePage) -> None:
    entries = [judged(f"p{k}", "fci", error_hf_mha=10.0 + k) for k in range(3)]
    curve = Curve("t", "r / Å", (1.0, 2.0, 3.0), {"hf": (-1.0, -1.1, -1.0)})
    data = Parsed(build_report(make_page(*entries, curves=(curve,)))).data["page-data"]
    assert data["errors"]["table"]["rows"][0][:2] == ["HF", 3]
    assert len(data["curves"]) == 1


def test_what_a_scan_varied_is_told_from_columns_of_the_user(make_page: MakePage) -> None:
    variables = {"r / Å": 1.5, "IC50": 7.0}
    page = make_page(Entry("a", "", "done", variables=variables), varied="r / Å")
    columns = Parsed(build_report(page)).data["page-data"]["columns"]
    meanings = {column["key"]: column["help"] for column in columns}
    assert meanings["variable r / Å"] == "what was varied"
    assert meanings["variable IC50"] == "column of your table"


def test_reactions_say_once_what_holds_for_all() -> None:
    def row(name: str, energy: float | None, *notes: str, problem: str = "") -> dict[str, Any]:
        energies = {} if energy is None else {"hf": {"kj_mol": energy, "comparable": name != "b"}}
        return {
            "name": name,
            "candidate": "",
            "equation": "x -> y",
            "energies": energies,
            "experimental_kj_mol": None,
            "problem": problem,
            "notes": notes,
        }

    rows = [row("a", 1.0, "all"), row("b", 2.0, "own", "all"), row("c", None, problem="no x")]
    (table,) = reaction_tables(rows, [])
    assert [column.label for column in table.columns] == ["Reaction", "Equation", "HF", "Remarks"]
    assert table.rows == (
        ("a", "x → y", 1.0, ""),
        ("b", "x → y", 2.0, "not comparable: HF; own"),
        ("c", "x → y", None, "no x"),
    )
    assert "Of all: all." in table.note


def test_a_functional_has_no_place_among_totals() -> None:
    curve = Curve("t", "r / Å", (1.0, 2.0, 3.0), {"b3lyp": (-1.0, -1.0, -1.0), "hf": (0, 0, 0)})
    assert [series["label"] for series in curve_data(curve)["series"]] == ["HF"]


def test_same_page_same_bytes(make_page: MakePage, traced: SolveResult) -> None:
    page: Page = make_page(entry("water", traced))
    assert build_report(page) == build_report(page)


def test_vendored_viewer_is_the_one_that_its_licence_names() -> None:
    from importlib.resources import files

    assets = files("qchem_app.report.page") / "assets"
    licence = (assets / "LICENSE.3Dmol").read_text(encoding="utf-8")
    viewer = (assets / "3Dmol-min.js").read_text(encoding="utf-8")
    assert viewer.startswith(f"/*!\n{licence}*/\n")
    assert re.search(r"3Dmol\.js 2\.5\.5", licence)
    original = (
        "/*! For license information please see 3Dmol-min.js.LICENSE.txt */\n"
        + viewer[len(f"/*!\n{licence}*/\n") :]
    )
    digest = hashlib.sha256(original.encode()).hexdigest()
    assert digest == "f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016"


def measured(name: str, **fields: float | str | None) -> Entry:
    return Entry(name, "", "done", {"e_vqe": -1.1, "error_mha": 0.0, **fields})


def test_measured_energies_are_shown_with_their_intervals() -> None:
    entries = [
        measured("a", e_raw=-1.05, error_raw_mha=54.754, se_raw_mha=2.0),
        measured("b", e_raw=None, error_raw_mha=None, se_raw_mha=None),
    ]
    columns, rows = table_data(entries, {})
    by_key = {column["key"]: column for column in columns}
    assert by_key["error_raw_mha"]["shown"]
    assert rows[by_key["error_raw_mha"]["half"]] == [pytest.approx(3.919928), None]
    assert rows[by_key["e_raw"]["half"]] == [pytest.approx(3.919928e-3), None]
    assert not by_key["e_raw"]["shown"]
    assert by_key["error_mha"]["label"] == "VQE (exact) error"
    assert by_key["error_mha"]["minor"]
    assert (by_key["error_raw_mha"]["digits"], by_key["e_raw"]["digits"]) == (2, 6)
    calm, _ = table_data([measured("a")], {})
    assert {column["label"] for column in calm} >= {"VQE error", "E(VQE)"}


def test_measured_energies_stand_in_for_errors_that_nothing_gives() -> None:
    columns, _ = table_data([measured("a", e_raw=-1.05, se_raw_mha=2.0)], {})
    assert next(column["shown"] for column in columns if column["key"] == "e_raw")


def at_level(name: str, kind: str, space: str, basis: str = "sto-3g", **more: Any) -> Entry:
    fields = {"basis": basis, "space_kind": kind, "space": f"{kind} ({space})", **more}
    return Entry(name, "", "done", fields)


@pytest.mark.parametrize(
    ("entries", "level"),
    [
        ([], ""),
        ([Entry("torn", "", "broken", error="torn")], ""),
        ([at_level("h2", "full", "2e,2o")], "basis set sto-3g; active space full (2e,2o)"),
        (
            [at_level("h2", "full", "2e,2o"), at_level("oh", "full", "9e,6o", "6-31g")],
            "basis sets: sto-3g in 1, 6-31g in 1; full space",
        ),
        (
            [
                at_level("h2", "full", "2e,2o"),
                at_level("hf", "full", "10e,6o"),
                at_level("salt", "natural", "14e,12o", space_cut=True),
            ],
            "basis set sto-3g; full space; salt: natural (14e,12o); orbitals left out in 1, "
            "because they did not fit",
        ),
        (
            [at_level(f"a{k}", "full" if k < 5 else "frozen-core", f"{k}e,9o") for k in range(9)],
            "basis set sto-3g; full space in 5, frozen core in 4",
        ),
    ],
)
def test_basis_set_and_spaces_in_a_line(entries: list[Entry], level: str) -> None:
    assert level_of(entries) == level


def test_basis_set_and_spaces_stand_in_the_head(make_page: MakePage) -> None:
    html = build_report(make_page(at_level("<b>", "full", "2e,2o", "<i>")))
    assert '<p class="level">Basis set &lt;i&gt;; active space full (2e,2o)</p>' in html


def test_columns_of_a_ranking() -> None:
    missed = {"rank": 1, "missed_mha": 2.0, "t1": 0.1}
    columns, _ = table_data([Entry("a", "", "done", missed)], {}, ranked_by="t1")
    shown = [column["key"] for column in columns if column["shown"]]
    assert shown == ["name", "status", "rank", "missed_mha", "t1"]
    assert [column["minor"] for column in columns if column["key"] == "t1"] == [False]
    formula = Entry("a", "", "done", {"rank": 1, "value": 3.0})
    columns, _ = table_data([formula], {}, ranked_by="t1 * 30")
    assert "t1 * 30" in [column["label"] for column in columns if column["shown"]]


def test_status_is_minor_where_all_is_done() -> None:
    done = Entry("a", "", "done", {"converged": True})
    for other, minor in (
        (done, True),
        (Entry("b", "", "failed", error="x"), False),
        (Entry("b", "", "done", {"converged": False}), False),
    ):
        columns, _ = table_data([done, other], {})
        assert [c["minor"] for c in columns if c["key"] == "status"] == [minor]


def test_columns_of_the_user_and_like_spaces_are_minor() -> None:
    def minor(*kinds: str) -> list[str]:
        entries = [
            replace(at_level(f"a{k}", kind, f"{k}e,9o"), variables={"r / Å": 1.0, "IC50": 2.0})
            for k, kind in enumerate(kinds)
        ]
        columns, _ = table_data(entries, {}, varied="r / Å")
        return [column["key"] for column in columns if column["minor"]]

    assert minor("full", "full") == ["status", "variable IC50", "space"]
    assert minor("full", "natural") == ["status", "variable IC50"]


def shown_settings(**given: Any) -> dict[str, str]:
    heading, facts = settings_group(Settings(**given).model_dump(mode="json"))
    assert heading == "Settings"
    return dict(facts)


def test_settings_have_their_units() -> None:
    shown = shown_settings(memory_limit=2000.0, device=DeviceSettings(target_error=1.5e-3))
    assert shown["time limit"] == "60 s"
    assert shown["memory limit"] == "2000 MB"
    assert shown["energy tolerance"] == "1e-08 Ha"
    assert shown["symmetry tolerance"] == "1e-05 Bohr"
    assert shown["device target error"] == "0.0015 Ha"
    noise = {"gates": {"cx": {"time": 533.0}}, "qubits": {"default": {"t1": 278.0}}}
    noisy = shown_settings(device=DeviceSettings(backend="noisy", noise=noise))
    assert noisy["device noise gates cx time"] == "533 ns"
    assert noisy["device noise qubits default t1"] == "278 µs"


@pytest.mark.parametrize(
    ("given", "there", "missing"),
    [
        ({}, {"guess"}, {"layers", "starts", "entangler", "compact", "taper", "device backend"}),
        ({"mapping": "parity"}, {"compact", "taper"}, {"entangler"}),
        ({"ansatz": "upccgsd"}, {"starts"}, {"entangler", "guess"}),
        (
            {"ansatz": "hea-ry", "layers": 2},
            {"entangler", "starts", "layers", "compact"},
            {"guess"},
        ),
        ({"symmetry": False}, {"symmetry"}, {"symmetry tolerance"}),
        (
            {"device": DeviceSettings(shots=10)},
            {"device shots", "device grouping", "compact"},
            {"device optimizer", "device engine"},
        ),
        (
            {"device": DeviceSettings(backend="noisy", optimize_on="backend")},
            {"device optimizer", "device engine"},
            {"device grouping", "device allocation"},
        ),
    ],
)
def test_settings_without_effect_are_left_out(
    given: dict[str, Any], there: set[str], missing: set[str]
) -> None:
    shown = set(shown_settings(**given))
    assert there <= shown
    assert not missing & shown
    assert {"basis", "active space", "seed", "ansatz"} <= shown
