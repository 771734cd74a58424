"""The page in a real browser: Chromium, without a window."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qchem_app.report.page.data import Column, Entry, Table
from qchem_app.report.page.embed import safe_text
from qchem_app.report.page.html import build_report
from qchem_app.result import SolveResult

from .conftest import HOSTILE, MakePage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not installed"
)

Driver = Any
Open = Callable[..., Driver]


def start(profile: Path, *more: str) -> Driver:
    """A browser with an empty profile, WebGL in software, and a log of console and network."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (
        "--headless",
        "--disable-gpu",
        "--enable-unsafe-swiftshader",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *more,
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(str(DRIVER)))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    driver = start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def show(browser: Driver, tmp_path: Path) -> Iterator[Open]:
    """Write a page and open it; at the end nothing may have been logged or fetched."""

    def open_page(
        html: str, *, width: int = 1280, theme: str = "light", fragment: str = ""
    ) -> Driver:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        browser.get("about:blank")
        for log in ("browser", "performance"):
            browser.get_log(log)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = [{"name": "prefers-color-scheme", "value": theme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        browser.get(f"{file.as_uri()}{fragment}")
        wait(browser, "document.querySelector('#main > :not(noscript)')")
        return browser

    yield open_page
    # the software renderer remarks on its own speed
    said = [line["message"] for line in browser.get_log("browser")]
    assert [message for message in said if "GL Driver Message" not in message] == []
    assert [url for url in requests(browser) if not re.match(r"file:|data:|about:", url)] == []


def requests(browser: Driver) -> list[str]:
    """Addresses that were asked for since the log was last read."""
    messages = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def find(browser: Driver, selector: str) -> Any:
    return browser.find_element("css selector", selector)


def texts(browser: Driver, selector: str) -> list[str]:
    return [each.text for each in browser.find_elements("css selector", selector)]


def wait(browser: Driver, script: str) -> None:
    """Until the JavaScript expression is true."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20, poll_frequency=0.05).until(
        lambda driver: driver.execute_script(f"return Boolean({script})")
    )


def names(browser: Driver) -> list[str]:
    return texts(browser, ".candidates tbody th")


def overflow(browser: Driver) -> int:
    """How much wider the page is than the window, pixels."""
    return int(
        browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


@pytest.fixture
def entries(traced: SolveResult) -> list[Entry]:
    """Rows of every kind; errors that sort otherwise as texts than as numbers."""
    values = (("a10", 10.5, True), ("a9", 9.0, True), ("a2", None, False), ("a1", -0.5, True))
    done = [
        Entry(
            name,
            f"{name}.xyz",
            "done",
            {
                "formula": "H2O",
                "error_mha": error,
                "converged": converged,
                "triage": "classical is enough" if name != "a1" else "classical methods disagree",
                "triage_reason": "because",
                "space": "full (10e,7o)",
            },
            traced,
        )
        for name, error, converged in values
    ]
    return [*done, Entry("bad", "bad.xyz", "broken", error="bad.xyz:3: no number: correct it")]


def test_sorts_by_clicks_and_keys_with_missing_values_last(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = show(build_report(make_page(*entries)))
    assert names(browser) == ["a10", "a9", "a2", "a1", "bad"]
    find(browser, '[data-sort="error_mha"]').click()
    assert names(browser) == ["a1", "a9", "a10", "a2", "bad"]
    head = 'th[aria-sort="ascending"]'
    assert texts(browser, head)[0].startswith("VQE error")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert names(browser) == ["a10", "a9", "a1", "a2", "bad"]
    assert len(texts(browser, 'th[aria-sort="descending"]')) == 1
    find(browser, '[data-sort="name"]').click()
    assert names(browser) == ["a1", "a2", "a9", "a10", "bad"]


def test_searches_and_filters(show: Open, make_page: MakePage, entries: list[Entry]) -> None:
    browser = show(build_report(make_page(*entries)))
    box = find(browser, "input[type=search]")
    box.send_keys("A1 h2o")
    assert names(browser) == ["a10", "a1"]
    assert find(browser, ".count").text == "1–2 of 2 candidates (5 in all)"
    box.clear()
    box.send_keys("no such thing")
    assert find(browser, ".nothing").text == "No candidate matches."
    box.clear()
    box.send_keys("correct")
    assert names(browser) == ["bad"]
    box.clear()
    find(browser, ".filter-triage option[value='classical methods disagree']").click()
    assert names(browser) == ["a1"]
    find(browser, ".filter-triage option[value='']").click()
    find(browser, ".filter-status option[value='broken']").click()
    assert names(browser) == ["bad"]
    assert find(browser, "td.error").text == "bad.xyz:3: no number: correct it"


def test_columns_can_be_chosen(show: Open, make_page: MakePage, entries: list[Entry]) -> None:
    browser = show(build_report(make_page(*entries)))
    assert "Source" not in " ".join(texts(browser, ".candidates thead th"))
    find(browser, ".columns summary").click()
    label = browser.find_element("xpath", "//label[normalize-space()='Source']")
    label.click()
    assert "Source" in " ".join(texts(browser, ".candidates thead th"))
    label.click()
    assert "Source" not in " ".join(texts(browser, ".candidates thead th"))


def test_opens_a_candidate_with_its_structure_and_charts(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    browser = show(build_report(make_page(*entries)))
    find(browser, ".candidates tbody tr:nth-child(2) td:nth-child(3)").click()
    wait(browser, "document.querySelector('.viewer-box canvas')")
    assert find(browser, ".candidate-name").text == "a9"
    wait(browser, "document.querySelectorAll('figure.chart .canvas > svg').length === 3")
    for figure in browser.find_elements("css selector", "svg[aria-labelledby]"):
        title, text = figure.get_attribute("aria-labelledby").split()
        assert find(browser, f"#{title}").get_attribute("textContent")
        assert find(browser, f"#{text}").get_attribute("textContent")
    page = find(browser, "main").text
    for expected in ("CCSD(T)", "−75.01232000", "+0.118", "not comparable", "1\u2009234\u2009567"):
        assert expected in page
    # something is drawn: not all pixels of the canvas are alike
    colours = browser.execute_script(
        "const from = document.querySelector('.viewer-box canvas');"
        "const to = document.createElement('canvas');"
        "[to.width, to.height] = [from.width, from.height];"
        "const context = to.getContext('2d'); context.drawImage(from, 0, 0);"
        "const pixels = context.getImageData(0, 0, to.width, to.height).data;"
        "return new Set(new Uint32Array(pixels.buffer)).size;"
    )
    assert colours > 20
    find(browser, "summary").click()
    assert find(browser, ".xyz pre").text.splitlines()[0] == "3"
    assert find(browser, ".xyz pre").text.splitlines()[2].split()[0] == "O"


def hues(browser: Driver) -> set[str]:
    """Which of a few strong hues are somewhere in the drawing of the structure."""
    pixels = browser.execute_script(
        "const from = document.querySelector('.viewer-box canvas');"
        "const to = document.createElement('canvas');"
        "[to.width, to.height] = [from.width, from.height];"
        "const context = to.getContext('2d'); context.drawImage(from, 0, 0);"
        "const pixels = context.getImageData(0, 0, to.width, to.height).data;"
        "return [...new Set(new Uint32Array(pixels.buffer))];"
    )
    found = set()
    for pixel in pixels:
        red, green, blue, alpha = (pixel >> shift & 255 for shift in (0, 8, 16, 24))
        if alpha < 200 or max(red, green, blue) < 120:
            continue
        if green < 0.85 * min(red, blue):
            found.add("violet")
        elif green > 1.15 * red and green > 1.5 * blue:
            found.add("green")
        elif red > 2 * max(green, blue):
            found.add("red")
    return found


def test_atoms_have_their_usual_colours_and_names(
    show: Open, make_page: MakePage, traced: SolveResult
) -> None:
    molecule = traced.input.model_copy(
        update={"symbols": ("Li", "F"), "coordinates_bohr": ((0, 0, 0), (0, 0, 3.0))}
    )
    salt = Entry("lif", "", "done", result=traced.model_copy(update={"input": molecule}))
    browser = show(build_report(make_page(salt, kind="records")))
    wait(browser, "document.querySelector('.viewer .tools')")
    assert hues(browser) == {"violet", "green"}
    button = browser.find_element("xpath", "//button[text()='Atoms']")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert button.get_attribute("aria-pressed") == "false"


def test_cost_without_measurement_is_time_alone(
    show: Open, make_page: MakePage, traced: SolveResult
) -> None:
    def heads(result: SolveResult) -> str:
        page = make_page(Entry("w", "", "done", result=result), kind="records")
        browser = show(build_report(page))
        return find(browser, "[aria-label='Cost'] thead").text

    calm = heads(traced.model_copy(update={"measurement": None}))
    assert "Time" in calm
    assert "Shots" not in calm
    assert "Shots" in heads(traced)


@pytest.mark.slow
def test_one_viewer_serves_all_candidates(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    many = [replace(entries[0], name=f"m{k}") for k in range(18)]
    browser = show(build_report(make_page(*many)), fragment="#/0")
    for k in range(1, 18):
        browser.execute_script(f"location.hash = '#/{k}'")
        wait(browser, f"document.querySelector('.candidate-name').textContent === 'm{k}'")
        wait(browser, "document.querySelector('.viewer .tools')")
    assert len(browser.find_elements("css selector", "canvas")) == 1
    browser.back()
    wait(browser, "document.querySelector('.candidate-name').textContent === 'm16'")


def test_names_in_charts_follow_keys_and_pointer(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = show(build_report(make_page(*entries)), fragment="#/0")
    wait(browser, "document.querySelector('.canvas[tabindex] > svg')")
    canvas = find(browser, ".canvas[tabindex]")
    canvas.send_keys(Keys.ARROW_RIGHT)
    assert "Iteration 0" in find(browser, ".readout").text
    assert "−74.96232000" in find(browser, ".readout").text
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert "Iteration 2" in find(browser, ".readout").text
    canvas.send_keys(Keys.ESCAPE)
    assert not find(browser, ".readout").is_displayed()


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(
    width: int, theme: str, show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    long = replace(entries[0], name="W" * 300, source="/tmp/" + "w" * 300)
    curve = [
        replace(entries[0], name=f"p{k}", variables={"r / Å": k / 4}, fields={"e_hf": -1 + k / 9.0})
        for k in range(4)
    ]
    from qchem_app.report.page.curves import curves_of

    page = make_page(long, *entries, curves=curves_of(curve))
    browser = show(build_report(page), width=width, theme=theme)
    wait(browser, "document.querySelector('.curve svg')")
    assert overflow(browser) == 0
    browser.execute_script("location.hash = '#/0'")
    wait(browser, "document.querySelector('.viewer-box canvas')")
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert overflow(browser) == 0
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    bright = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) > 384
    assert bright == (theme == "light")


def inside(browser: Driver, selector: str, box: str) -> list[bool]:
    """Of all elements of a selector, whether they lie between the sides of a box."""
    found = browser.execute_script(
        "const box = document.querySelector(arguments[1]).getBoundingClientRect();"
        "return [...document.querySelectorAll(arguments[0])].map((each) => {"
        "  const place = each.getBoundingClientRect();"
        "  return place.left >= box.left - 1 && place.right <= box.right + 1; });",
        selector,
        box,
    )
    return [bool(each) for each in found]


def test_a_small_window_shows_what_matters(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    more = {"rank": 1, "qubits": 26, "e_best": -1603.068044, "best": "fci", "missed_mha": 4.649}
    more |= {"t1": 0.0045, "seconds": 34.05, "space_kind": "full"}
    rows = [replace(each, fields={**each.fields, **more}) for each in entries[:4]]
    long = "set/bad.xyz:3: the x coordinate is not a number: write it as a decimal " * 2
    page = make_page(*rows, replace(entries[4], error=long), ranking="ranked by missed_mha")
    browser = show(build_report(page), width=768)
    heads = " ".join(texts(browser, ".candidates thead th"))
    for label in ("Status", "Rank", "Triage", "E(best)", "VQE error", "Missed"):
        assert label in heads
    assert all(inside(browser, ".candidates thead th, td.error span", ".frame .scroll"))
    assert not find(browser, ".hint").is_displayed()
    browser = show(build_report(page), width=1440)
    for label in ("Formula", "Space", "T1", "Time"):
        assert label in " ".join(texts(browser, ".candidates thead th"))
    assert all(inside(browser, ".candidates thead th", ".frame .scroll"))


def test_a_wide_table_says_so_and_keeps_its_names(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    own = {f"column {k} / kJ/mol": 1234.5 + k for k in range(30)}
    wide = [replace(each, variables=own) for each in entries]
    browser = show(build_report(make_page(*wide)), width=1440)
    wait(browser, "!document.querySelector('.hint').hidden")
    assert "scroll sideways" in find(browser, ".hint").text
    assert browser.find_elements("css selector", ".frame.more")
    browser.execute_script("document.querySelector('.scroll').scrollLeft = 1e6")
    wait(browser, "!document.querySelector('.frame.more')")
    assert all(inside(browser, ".candidates tbody th", ".scroll"))


def test_phone_sorts_by_rank_and_by_what_is_missed(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    missed = (2.0, 1.0, 0.5, 4.0)
    ranked = [
        replace(each, fields={**each.fields, "rank": k + 1, "missed_mha": value})
        for k, (each, value) in enumerate(zip(entries, missed, strict=False))
    ]
    browser = show(build_report(make_page(*ranked, ranking="ranked by x")), width=360)
    assert "ranked by x" in find(browser, ".count").text
    choice = find(browser, "select:has(option[value='missed_mha'])")
    assert choice.get_attribute("value") == "rank"
    find(browser, "option[value='missed_mha']").click()
    assert names(browser) == ["a2", "a9", "a10", "a1"]
    browser = show(build_report(make_page(*entries)), width=360)
    assert find(browser, "label.narrow select").get_attribute("value") == ""
    browser.find_element("xpath", "//button[text()='Reverse']").click()
    assert names(browser) == ["bad", "a1", "a2", "a9", "a10"]


def test_remarks_stand_below_their_rows_where_there_is_little_room(
    show: Open, make_page: MakePage, traced: SolveResult
) -> None:
    note = "a long remark of which every word would need a line of its own " * 3
    methods = tuple(m.model_copy(update={"notes": (note,)}) for m in traced.methods)
    noted = Entry("w", "w.json", "done", result=traced.model_copy(update={"methods": methods}))
    browser = show(build_report(make_page(noted, kind="records")), width=360)
    heights = browser.execute_script(
        "return [...document.querySelectorAll('.with-remarks .remarked')].map(r => r.offsetHeight)"
    )
    assert len(heights) == len(methods)
    assert max(heights) < 60
    assert all(inside(browser, ".with-remarks .below span", ".with-remarks .below"))
    assert all(inside(browser, ".with-remarks .below span", "main"))
    assert "not comparable" in " ".join(texts(browser, ".with-remarks .below span"))
    browser = show(build_report(make_page(noted, kind="records")), width=1440)
    assert not find(browser, ".with-remarks .below").is_displayed()


def test_a_remark_on_every_row_is_said_once(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    def table(*remarks: str) -> Table:
        rows = tuple((f"m{k}", float(k), remark) for k, remark in enumerate(remarks))
        return Table("T", (Column("Method"), Column("E", number=True), Column("Remarks")), rows)

    browser = show(build_report(make_page(*entries, tables=(table("all", "all"),))))
    assert "Of all: all." in find(browser, "main").text
    assert texts(browser, "[aria-label='T'] th[scope='col']") == ["Method", "E"]
    assert texts(browser, "[aria-label='T'] td") == ["0", "1"]
    browser = show(build_report(make_page(*entries, tables=(table("one", "two"),))), width=1440)
    assert texts(browser, "[aria-label='T'] tr:not(.below) td") == ["0", "one", "1", "two"]
    assert "Of all" not in find(browser, "main").text


def test_measured_energies_in_the_table(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    measured = {"error_mha": 0.0, "e_raw": -1.0, "error_raw_mha": 54.754, "se_raw_mha": 2.0}
    page = make_page(replace(entries[0], fields={**entries[0].fields, **measured}))
    browser = show(build_report(page), width=1440)
    assert texts(browser, "td[data-label^='Raw error']") == ["54.75 ± 3.92"]
    assert texts(browser, "td[data-label^='VQE (exact) error']") == ["0.000"]


def test_theme_can_be_switched(show: Open, make_page: MakePage, entries: list[Entry]) -> None:
    browser = show(build_report(make_page(*entries)))
    paper = "return getComputedStyle(document.body).backgroundColor"
    light = browser.execute_script(paper)
    find(browser, "#theme").click()
    assert browser.execute_script(paper) != light
    assert find(browser, "#theme").text == "Light"
    find(browser, "#theme").click()
    assert browser.execute_script(paper) == light


def test_hostile_texts_are_inert(show: Open, make_page: MakePage, traced: SolveResult) -> None:
    def poisoned(text: str) -> Entry:
        result = traced.model_copy(
            update={
                "input": traced.input.model_copy(update={"name": text, "source": text}),
                "verdict": text,
                "notes": (text,),
                "provenance": traced.provenance.model_copy(
                    update={"command": (text,), "versions": {text: text}}
                ),
                "methods": tuple(m.model_copy(update={"notes": (text,)}) for m in traced.methods),
            }
        )
        fields = {"formula": text, "triage": text, "triage_reason": text, text: text}
        return Entry(text, text, "done", fields, result, notes=(text,), variables={text: 1.0})

    entries = [poisoned(text) for text in HOSTILE]
    entries += [Entry(text, text, text, error=text) for text in HOSTILE]
    page = make_page(*entries, title=HOSTILE[1], subtitle=HOSTILE[2], remarks=HOSTILE)
    browser = show(build_report(page))
    expected = [safe_text(text) for text in HOSTILE]
    shown = browser.execute_script(
        "return [...document.querySelectorAll('.candidates tbody th')].map(th => th.textContent)"
    )
    assert shown == [*expected, *expected]
    for place, text in enumerate(expected):
        browser.execute_script(f"location.hash = '#/{place}'")
        wait(browser, "document.querySelector('.candidate-name')")
        script = "return document.querySelector('.candidate-name').textContent"
        assert browser.execute_script(script) == text
        assert (
            browser.execute_script("return document.querySelector('.verdict').textContent") == text
        )
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    assert browser.execute_script("return document.images.length") == 0
    assert browser.execute_script("return document.scripts.length") == 3 + len(HOSTILE)
    links = browser.execute_script("return [...document.links].map(a => a.getAttribute('href'))")
    assert all(re.fullmatch(r"#(/\d*|main)", link) for link in links)
    assert overflow(browser) == 0


def test_policy_stops_what_is_not_the_page_s_own(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    browser = show(build_report(make_page(*entries)))
    browser.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'window.hacked = 1'; document.body.append(script);"
        "const image = document.createElement('img');"
        "image.src = 'http://localhost:9/x.png'; document.body.append(image);"
    )
    assert browser.execute_script("return typeof window.hacked") == "undefined"
    wait(browser, "document.images[0].complete")
    said = [line["message"] for line in browser.get_log("browser")]
    assert sum("Content Security Policy" in message for message in said) == len(said) == 2
    blocked = [url for url in requests(browser) if url.startswith("http")]
    assert len(blocked) <= 1  # the attempt is logged, and ends before anything is sent


def test_ten_thousand_rows(show: Open, make_page: MakePage, entries: list[Entry]) -> None:
    rows = [
        Entry(
            f"h2-{k}",
            "h2.csv",
            "done",
            {"e_best": -1.1 + k * 1e-5, "error_mha": (k * 7919) % 10007},
        )
        for k in range(10_000)
    ]
    browser = show(build_report(make_page(*rows)))
    assert len(names(browser)) == 50
    find(browser, '[data-sort="error_mha"]').click()
    values = [float(text) for text in texts(browser, "td[data-label^='VQE error']")]
    assert values == sorted(values)
    assert values[0] == 0.0
    find(browser, "input[type=search]").send_keys("h2-77")
    assert find(browser, ".count").text == "1–50 of 111 candidates (10\u2009000 in all)"
    browser.find_element("xpath", "//button[text()='Next page']").click()
    assert find(browser, ".count").text.startswith("51–100 of 111")


def test_dots_of_the_errors_open_their_candidate(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    fields = [{"best": "fci", "error_hf_mha": 10.0**k, "error_mha": -(10.0**-k)} for k in range(4)]
    judged = [replace(each, fields=more) for each, more in zip(entries, fields, strict=False)]
    browser = show(build_report(make_page(*judged)))
    wait(browser, "document.querySelectorAll('.canvas .dot').length === 8")
    titles = [
        dot.get_attribute("textContent")
        for dot in browser.find_elements("css selector", ".canvas .dot")
    ]
    assert titles[2] == "a2: HF +100.000 mHa"
    assert titles[4] == "a10: VQE −1.000 mHa"
    browser.find_elements("css selector", ".canvas .dot")[2].click()
    wait(browser, "document.querySelector('.candidate-name')")
    assert find(browser, ".candidate-name").text == "a2"


def test_single_record_is_shown_at_once(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    browser = show(build_report(make_page(entries[0], kind="records", title="water")))
    wait(browser, "document.querySelector('.viewer-box canvas')")
    assert texts(browser, "h1") == ["water"]
    assert browser.find_elements("css selector", ".candidates") == []


def test_skip_link_stays_at_the_candidate(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    from selenium.webdriver.common.keys import Keys

    browser = show(build_report(make_page(*entries)), fragment="#/1")
    find(browser, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the content"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"
    assert find(browser, ".candidate-name").text == "a9"


def test_print_shows_everything_that_is_found(
    show: Open, make_page: MakePage, entries: list[Entry]
) -> None:
    many = [replace(entries[0], name=f"m{k}") for k in range(120)]
    browser = show(build_report(make_page(*many)))
    assert len(names(browser)) == 50
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(names(browser)) == 120
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert not find(browser, "#theme").is_displayed()
    assert not find(browser, "input[type=search]").is_displayed()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert len(names(browser)) == 50


def test_without_webgl_there_are_coordinates(
    tmp_path: Path, make_page: MakePage, entries: list[Entry]
) -> None:
    file = tmp_path / "report.html"
    file.write_text(build_report(make_page(*entries)), encoding="utf-8")
    browser = start(tmp_path / "profile", "--disable-3d-apis")
    try:
        browser.get(f"{file.as_uri()}#/0")
        wait(browser, "document.querySelector('.viewer.empty')")
        assert "cannot be drawn here" in find(browser, ".viewer.empty").text
        find(browser, ".xyz summary").click()
        assert "coordinates in Å" in find(browser, ".xyz pre").text
        assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []
    finally:
        browser.quit()


def test_without_fci_there_are_no_errors(
    show: Open, make_page: MakePage, traced: SolveResult
) -> None:
    methods = tuple(
        method.model_copy(update={"error_mha": None})
        for method in traced.methods
        if method.name != "fci"
    )
    entry = Entry("w", "w.json", "done", result=traced.model_copy(update={"methods": methods}))
    browser = show(build_report(make_page(entry, kind="records")))
    wait(browser, "document.querySelector('.viewer-box canvas')")
    page = find(browser, "main").text
    assert "no FCI energy in this space" in page
    assert "vs FCI" not in page
