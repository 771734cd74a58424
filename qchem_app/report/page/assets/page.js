// The page: the overview, one candidate at a time after #/, light and dark, printing.

const ROOMY = window.matchMedia("(min-width: 84rem)");

const default_columns = (data) => new Set(data.columns
  .filter((column) => column.shown && (ROOMY.matches || !column.minor)).map((column) => column.key));

function start() {
  const data = read_json("page-data");
  const main = document.getElementById("main");
  const state = {
    search: "", status: "", triage: "", sort: data.order ? "rank" : "", descending: false, page: 0,
    size: PAGE_SIZES[0], found: [], scroll: 0,
    columns: default_columns(data), chosen: false,
  };
  const single = data.count === 1 && data.kind === "records" && data.rows.has[0];
  const open = (row) => { location.hash = `#/${row}`; };
  let overview = null;
  let table = null;
  let current = null;

  function build_overview() {
    table = candidate_table(data, state, open);
    const tables = (wanted) => data.tables.filter(wanted).map((each) =>
      el("section", null, el("h2", null, each.title), data_table(each.title, each)));
    return el("div", null,
      el("dl", { class: "cards" }, data.cards.map((card) => el("div", { class: "card" },
        el("dt", null, card.label), el("dd", null, card.value),
        card.note ? el("dd", { class: "quiet" }, card.note) : null))),
      data.remarks.map((remark) => el("p", { class: "remark" }, remark)),
      data.curves.map((curve) => curve_section(data, curve)),
      errors_section(data, open),
      tables((each) => each.rows.length <= 12),
      el("section", null, el("h2", null, "Candidates"), table.node),
      tables((each) => each.rows.length > 12),
      manifest(data.manifest, "How it was computed"));
  }

  function neighbours(row) {
    const openable = state.found.filter((each) => data.rows.has[each]);
    const place = openable.indexOf(row);
    const link = (target, text) => (target === undefined ? el("span", { class: "quiet" }, text)
      : el("a", { href: `#/${target}` }, text));
    return el("nav", { class: "trail controls", "aria-label": "Candidates" },
      el("a", { href: "#/" }, "← All candidates"), el("span", { class: "spacer" }),
      link(place < 0 ? undefined : openable[place - 1], "Previous"),
      link(place < 0 ? undefined : openable[place + 1], "Next"));
  }

  function show_candidate(row) {
    const { name, parts } = detail_view(data, row, read_json(`detail-${row}`));
    const head = single ? [] : [neighbours(row),
      el("h2", { tabindex: "-1", class: "candidate-name" }, name_of(name))];
    main.replaceChildren(...head, ...parts.filter(Boolean));
  }

  function route() {
    const match = /^#\/(\d+)$/.exec(location.hash);
    const row = single ? 0 : match && Number(match[1]);
    const is_row = row !== null && row < data.count && data.rows.has[row];
    const first = current === null;
    if (current === "overview") state.scroll = window.scrollY;
    current = is_row ? row : "overview";
    park_structure();
    document.body.classList.toggle("one", is_row && !single);
    if (is_row) {
      show_candidate(row);
      if (!first) window.scrollTo(0, 0);
    } else {
      main.replaceChildren(overview);
      if (!first) window.scrollTo(0, state.scroll);
    }
    const heading = main.querySelector(".candidate-name");
    if (!first && is_row && heading) heading.focus({ preventScroll: true });
  }

  // A print shows all that is found and everything that can be opened.
  window.addEventListener("beforeprint", () => {
    if (current === "overview" && table) table.draw(true);
    for (const details of main.querySelectorAll("details:not(.columns)")) {
      if (!details.open) details.dataset.printed = "yes";
      details.open = true;
    }
  });
  window.addEventListener("afterprint", () => {
    if (current === "overview" && table) table.draw();
    for (const details of main.querySelectorAll("details[data-printed]")) {
      details.open = false;
      delete details.dataset.printed;
    }
  });
  window.addEventListener("hashchange", route);
  ROOMY.addEventListener("change", () => {
    if (state.chosen || !table) return;
    state.columns = default_columns(data);
    table.draw();
  });
  theme_button();
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address says which candidate is shown
    main.focus();
  });
  if (!single) overview = build_overview();
  route();
}

function theme_button() {
  const button = document.getElementById("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
  const name = () => { button.textContent = now() === "dark" ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = now() === "dark" ? "light" : "dark";
    name();
  });
  dark.addEventListener("change", name);
  button.hidden = false;
  name();
}

document.addEventListener("DOMContentLoaded", start);
