// The table of candidates: sorted, searched, filtered, a page of rows at a time.
//
// data.columns: [{key, label, unit, number, digits, shown, help}], data.rows: {key: [value, ...]}

const PAGE_SIZES = [50, 100, 500];

function candidate_table(data, state, open) {
  const count = data.count;
  const searched = Array.from({ length: count }, (_, row) =>
    ["name", "formula", "source", "error", "triage", "status"]
      .map((key) => (data.rows[key] ? data.rows[key][row] : "")).join(" ").toLowerCase());
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const box = el("div", { class: "table-box" });
  const status = el("p", { class: "quiet count", role: "status" });
  let found = [];
  let tools = null;

  const shown_columns = () => data.columns.filter((column) => state.columns.has(column.key));

  const search = () => {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    for (let row = 0; row < count; row++) {
      if (state.status && data.rows.status[row] !== state.status) continue;
      if (state.triage && data.rows.triage[row] !== state.triage) continue;
      if (words.every((word) => searched[row].includes(word))) found.push(row);
    }
    sort();
  };

  const sort = () => {
    const column = data.columns.find((each) => each.key === state.sort);
    if (column) {
      const values = data.rows[column.key];
      const sign = state.descending ? -1 : 1;
      const compare = column.number
        ? (a, b) => a - b : (a, b) => collator.compare(String(a), String(b));
      const missing = (value) => value === null || value === "";
      found.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (missing(x) || missing(y)) return missing(x) - missing(y) || a - b;
        return sign * compare(x, y) || a - b;
      });
    } else {
      found.sort((a, b) => (state.descending ? b - a : a - b));
    }
    state.found = found;
  };

  const sort_by = (key) => {
    if (state.sort === key) state.descending = !state.descending;
    else [state.sort, state.descending] = [key, false];
    state.page = 0;
    sort();
    draw();
    const button = box.querySelector(`[data-sort="${CSS.escape(key)}"]`);
    if (button) button.focus();
  };

  const classes = (column) =>
    [column.number && "number", column.minor && "minor"].filter(Boolean).join(" ") || null;

  const head = (column) => {
    const sorted = state.sort === column.key;
    const arrow = sorted ? (state.descending ? "▼" : "▲") : "";
    return el("th", {
      scope: "col", role: "columnheader", class: classes(column),
      "aria-sort": sorted ? (state.descending ? "descending" : "ascending") : "none",
      title: column.help,
    }, el("button", {
      type: "button", class: "sort", "data-sort": column.key, onclick: () => sort_by(column.key),
    }, el("span", null, column.label, unit_of(column.unit)),
    el("span", { class: "arrow", "aria-hidden": "true" }, arrow)));
  };

  const line = (row, columns) => {
    const has_details = data.rows.has[row];
    const failed = Boolean(data.rows.error[row]);
    const cells = [];
    for (const [index, column] of columns.entries()) {
      const value = data.rows[column.key][row];
      const attributes = {
        role: "cell", "data-label": column.unit ? `${column.label} / ${column.unit}` : column.label,
        class: classes(column),
      };
      if (column.key === "name") {
        const name = name_of(value);
        cells.push(el("th", { ...attributes, role: "rowheader", scope: "row", class: value.length > 16 ? "first long-name" : "first" },
          has_details ? el("a", { href: `#/${row}` }, name) : name));
      } else if (column.key === "status") {
        cells.push(el("td", attributes, badge(value, data.rows.converged[row])));
        if (failed) {
          cells.push(el("td", {
            role: "cell", class: "error", colspan: Math.max(1, columns.length - index - 1),
          }, el("span", null, data.rows.error[row])));
          break;
        }
      } else if (column.key === "formula" && value) {
        const charge = data.rows.charge && data.rows.charge[row];
        cells.push(el("td", attributes, el("span", null, formula_of(value, charge))));
      } else if (column.key === "triage") {
        cells.push(el("td", { ...attributes, class: "long" }, value ? triage_badge(value, data.triages) : NOTHING));
      } else {
        if (value === null) attributes.class = `${attributes.class || ""} none`;
        if (typeof value === "string" && value.length > 24) attributes.class = "long";
        const half = column.half && data.rows[column.half][row];
        cells.push(el("td", attributes, cell_text(value, column),
          half ? ` ± ${fixed(half, column.digits)}` : null));
      }
    }
    return el("tr", {
      role: "row", class: [failed && "failed", has_details && "opens"].filter(Boolean).join(" "),
      onclick: (event) => {
        if (has_details && !event.target.closest("a") && !String(window.getSelection())) open(row);
      },
    }, cells);
  };

  const draw = (everything) => {
    const columns = shown_columns();
    const pages = Math.max(1, Math.ceil(found.length / state.size));
    state.page = Math.min(state.page, pages - 1);
    const first = everything ? 0 : state.page * state.size;
    const rows = everything ? found.slice(0, 3000) : found.slice(first, first + state.size);
    const before = box.querySelector(".scroll");
    const scrolled = before ? before.scrollLeft : 0;
    box.replaceChildren(scroll_box("Table of candidates", el("table",
      { class: "candidates", role: "table", "aria-rowcount": found.length + 1 },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map(head))),
      el("tbody", { role: "rowgroup" }, rows.map((row) => line(row, columns))))));
    box.querySelector(".scroll").scrollLeft = scrolled;
    for (const choice of tools ? tools.querySelectorAll(".choices input") : []) {
      choice.checked = state.columns.has(choice.value);
    }
    if (!found.length) box.append(el("p", { class: "nothing" }, "No candidate matches."));
    const range = found.length ? `${fixed(first + 1, 0)}–${fixed(first + rows.length, 0)} of ` : "";
    status.textContent = `${range}${plural(found.length, "candidate")}` +
      (found.length < count ? ` (${fixed(count, 0)} in all)` : "") +
      (data.order ? `, ${data.order}` : "");
    pager.hidden = pages === 1 && state.size === PAGE_SIZES[0];
    back.disabled = state.page === 0;
    next.disabled = state.page >= pages - 1;
  };

  const turn = (step) => {
    state.page += step;
    draw();
    box.scrollIntoView({ block: "start" });
  };
  const back = el("button", { type: "button", onclick: () => turn(-1) }, "Previous page");
  const next = el("button", { type: "button", onclick: () => turn(1) }, "Next page");
  const sizes = el("select", {
    onchange: (event) => {
      state.size = Number(event.target.value);
      state.page = 0;
      draw();
    },
  }, PAGE_SIZES.map((size) => el("option", { value: size, selected: size === state.size }, size)));
  const pager = el("div", { class: "pager controls" }, back, next,
    el("label", null, "Rows a page ", sizes));

  const changed = () => {
    state.page = 0;
    search();
    draw();
  };
  tools = table_tools(data, state, { changed, sort_by, draw: () => draw() });
  search();
  draw();
  return { node: el("div", null, tools, status, box, pager), draw, count: () => found.length };
}

// Search box, filters, the order (for narrow screens, where the heads of columns are not shown),
// and which columns there are.
function table_tools(data, state, act) {
  const choice = (label, key, options) => (options.length < 2 ? null : el("label", null, label, " ",
    el("select", {
      class: `filter-${key}`,
      onchange: (event) => {
        state[key] = event.target.value;
        act.changed();
      },
    }, el("option", { value: "" }, "all"), options.map((option) =>
      el("option", { value: option, selected: state[key] === option }, option)))));
  const search = (text) => {
    if (text === state.search) return;
    state.search = text;
    act.changed();
  };
  const present = (key) => [...new Set(data.rows[key])].filter(Boolean);
  const order = el("label", { class: "narrow" }, "Sort by ", el("select", {
    onchange: (event) => {
      state.sort = null;
      act.sort_by(event.target.value);
    },
  }, data.columns.some((column) => column.key === "rank") ? null
    : el("option", { value: "", selected: !state.sort }, "order of the input"),
  data.columns.filter((column) => column.shown || state.columns.has(column.key)).map((column) =>
    el("option", { value: column.key, selected: column.key === state.sort }, column.label))));
  const turn = el("button", {
    type: "button", class: "narrow", onclick: () => act.sort_by(state.sort),
  }, "Reverse");
  const columns = el("details", { class: "columns" }, el("summary", null, "Columns"),
    el("div", { class: "choices" }, data.columns.filter((c) => c.key !== "name").map((column) =>
      el("label", { title: column.help }, el("input", {
        type: "checkbox", value: column.key, checked: state.columns.has(column.key),
        onchange: (event) => {
          if (event.target.checked) state.columns.add(column.key);
          else state.columns.delete(column.key);
          state.chosen = true;
          act.draw();
        },
      }), " ", column.label, unit_of(column.unit)))));
  return el("div", { class: "tools controls", role: "search" },
    el("label", { class: "search" }, el("span", { class: "hidden" }, "Search"), el("input", {
      type: "search", placeholder: "Search name, formula, error", value: state.search,
      autocomplete: "off", spellcheck: "false",
      oninput: (event) => search(event.target.value),
      onchange: (event) => search(event.target.value),
    })),
    choice("Status", "status", present("status")), choice("Triage", "triage", present("triage")),
    order, turn, columns);
}

const badge = (status, converged) => (status === "done" && converged === false
  ? el("span", { class: "badge warn" }, "not converged")
  : el("span", { class: `badge ${{ done: "good", failed: "bad", broken: "bad" }[status] || "plain"}` },
    status));

const triage_badge = (triage, order) => el("span", {
  class: `triage triage${Math.min(3, Math.max(0, order.indexOf(triage)))}`,
}, triage);
