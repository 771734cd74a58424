"""A report as one HTML file that loads nothing: style, scripts and data are in it.

A content security policy names the hash of the style and of each script, and allows nothing else:
no other script runs, whatever a file of the user's holds, and no address is ever fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from qchem_app import __version__
from qchem_app.report.page.columns import table_data
from qchem_app.report.page.curves import curve_data, plain_table
from qchem_app.report.page.data import Page
from qchem_app.report.page.detail import detail_data
from qchem_app.report.page.embed import embedded_json, safe_text
from qchem_app.report.page.errors import errors_data
from qchem_app.report.page.level import level_of
from qchem_app.units import CHEMICAL_ACCURACY, MILLIHARTREE_PER_HARTREE

_SCRIPTS = (
    "dom.js",
    "numbers.js",
    "scale.js",
    "chart.js",
    "errors.js",
    "strips.js",
    "structure.js",
    "table.js",
    "detail.js",
    "curves.js",
    "page.js",
)

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="qchem $version">
<title>$title</title>
<style>$style</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div class="wide">
<div class="titles"><$heading>$title</$heading><p>$subtitle</p>$level</div>
<button type="button" id="theme" class="controls" hidden>Dark</button>
</div></header>
<main id="main" class="wide" tabindex="-1">
<noscript><p class="callout bad">This report draws itself with JavaScript, which is switched off:
switch it on to see it. It loads nothing from the network.</p></noscript>
</main>
<div id="parking" aria-hidden="true"></div>
<footer><div class="wide"><p>Made by qchem $version on $created. Energies in Hartree (Ha) unless
said otherwise; 1 Ha is 1000 mHa. Structures are drawn by 3Dmol.js (BSD-3-Clause; its licence is in
this file).</p></div></footer>
$data
<script>$viewer</script>
<script>$script</script>
</body>
</html>
""")


def build_report(page: Page) -> str:
    """The whole HTML of a report."""
    style, script, viewer = _asset("report.css"), _script(), _asset("3Dmol-min.js")
    title = safe_text(page.title)
    level = safe_text(_capital(level_of(page.entries)))
    return _PAGE.substitute(
        policy=_policy(style, (viewer, script)),
        version=escape(__version__),
        title=escape(title),
        heading="h1",
        subtitle=escape(safe_text(page.subtitle)),
        level=f'<p class="level">{escape(level)}</p>' if level else "",
        created=escape(page.created),
        style=style,
        data="\n".join(_data(page)),
        viewer=viewer,
        script=script,
    )


def _policy(style: str, scripts: tuple[str, ...]) -> str:
    allowed = " ".join(f"'{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (files("qchem_app.report.page") / "assets" / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _data(page: Page) -> Iterator[str]:
    """The table and everything above it, then what each candidate shows when it is opened."""
    details = {
        place: detail
        for place, entry in enumerate(page.entries[: page.details])
        if (detail := detail_data(entry)) is not None
    }
    yield _script_of("page-data", _overview(page, set(details)))
    for place, detail in details.items():
        yield _script_of(f"detail-{place}", detail)


def _script_of(name: str, data: Any) -> str:
    return f'<script type="application/json" id="{name}">{embedded_json(data)}</script>'


def _overview(page: Page, detailed: set[int]) -> dict[str, Any]:
    columns, rows = table_data(
        page.entries, page.columns, varied=page.varied, ranked_by=page.rank_by
    )
    errors = errors_data(page.entries)
    has = [place in detailed or bool(entry.error) for place, entry in enumerate(page.entries)]
    remarks = list(page.remarks)
    if left_out := sum(entry.status == "done" for entry in page.entries[page.details :]):
        remarks.append(
            f"Structures, energies and settings are in this page for the first {page.details:,} "
            f"candidates only; the other {left_out:,} have their line in the table. --details "
            "sets how many."
        )
    return {
        "kind": page.kind,
        "order": page.ranking,
        "count": len(page.entries),
        "accuracy": CHEMICAL_ACCURACY * MILLIHARTREE_PER_HARTREE,
        "columns": columns,
        "rows": {**rows, "has": has},
        "triages": page.triages,
        "cards": _cards(page),
        "remarks": remarks,
        "curves": [curve_data(curve) for curve in page.curves],
        "errors": None if errors is None else {**errors, "table": plain_table(errors["table"])},
        "tables": [plain_table(table) for table in page.tables],
        "manifest": page.manifest,
    }


def _cards(page: Page) -> list[dict[str, str]]:
    """Counts: candidates, states, classes of triage."""
    total = len(page.entries)
    by_status = {
        status: sum(entry.status == status for entry in page.entries)
        for status in ("done", "failed", "broken", "waiting")
    }
    unconverged = sum(entry.fields.get("converged") is False for entry in page.entries)
    cards = [_card("Candidates", total), _card("Done", by_status["done"])]
    if unconverged:
        cards[-1]["note"] = f"{unconverged:,} not converged"
    labels = {"failed": "Failed", "broken": "Broken", "waiting": "Waiting"}
    cards += [_card(label, by_status[key]) for key, label in labels.items() if by_status[key]]
    found = [entry.fields.get("triage") for entry in page.entries]
    for triage in dict.fromkeys((*page.triages, *(str(each) for each in found if each))):
        if count := found.count(triage):
            cards.append(_card(_capital(triage), count))
    return cards


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _card(label: str, count: int) -> dict[str, str]:
    return {"label": label, "value": f"{count:,}", "note": ""}
