// Elements of the page. Text from data becomes text nodes and nothing else: there is no innerHTML.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

const el = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);

// A name from a file: kept apart from the direction of the text around it.
const name_of = (text) => el("bdi", { class: "name" }, text);

// A molecular formula with its numbers below the line and its charge above.
function formula_of(text, charge) {
  const parts = text.split(/(\d+)/).map((part) => (/^\d+$/.test(part) ? el("sub", null, part) : part));
  const size = Math.abs(charge || 0);
  const sign = charge < 0 ? "\u2212" : "+";
  return [parts, size ? el("sup", null, (size > 1 ? size : "") + sign) : null];
}

function read_json(id) {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
}

// A table of plain cells; numbers are given as text with the same decimals down a column.
// columns: [{label, unit, number}], rows: [[cell, ...], ...]. Where there is little room, the last
// column stands below its row if it is called Remarks.
function plain_table(caption, columns, rows) {
  const head = columns.map((column) =>
    el("th", { scope: "col", class: column.number ? "number" : null, title: column.help },
      column.label, unit_of(column.unit)));
  const remarked = columns.length > 1 && columns[columns.length - 1].label === "Remarks";
  const body = rows.map((row) => {
    const cells = row.map((cell, index) => el(index ? "td" : "th", {
      scope: index ? null : "row",
      class: columns[index].number ? "number"
        : !index && String(cell).length <= 28 ? "brief" : null,
    }, cell));
    const last = cells[cells.length - 1];
    const below = remarked && last.textContent.trim();
    return [el("tr", { class: below ? "remarked" : null }, cells), below ? el("tr", { class: "below" },
      el("td", { colspan: columns.length }, el("span", null, [...last.cloneNode(true).childNodes]))) : null];
  });
  return scroll_box(caption, el("table", { class: remarked ? "plain with-remarks" : "plain" },
    el("caption", { class: "hidden" }, caption),
    el("thead", null, el("tr", null, head)),
    el("tbody", null, body)));
}

// A table that scrolls sideways where it is too wide, and says so.
function scroll_box(label, table) {
  const box = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
  const hint = el("p", { class: "hint", "aria-hidden": "true", hidden: true }, "More to the right: scroll sideways \u2192");
  const frame = el("div", { class: "frame" }, hint, el("div", { class: "edge" }, box));
  const look = () => {
    const over = box.scrollWidth - box.clientWidth;
    hint.hidden = over <= 1;
    frame.classList.toggle("more", over - box.scrollLeft > 1);
  };
  const observer = new ResizeObserver(look);
  observer.observe(box);
  observer.observe(table);
  box.addEventListener("scroll", look, { passive: true });
  return frame;
}

const unit_of = (unit) => (unit ? [" ", el("span", { class: "unit" }, "/ " + unit)] : null);

// [[label, text], ...] as a description list; a fact without a label goes on from the one above.
function fact_list(facts) {
  const groups = [];
  for (const [label, text] of facts) {
    if (label || !groups.length) groups.push([label, [text]]);
    else groups[groups.length - 1][1].push(text);
  }
  return el("dl", { class: "facts" }, groups.map(([label, texts]) =>
    el("div", null, el("dt", null, label), texts.map((text) => el("dd", null, text)))));
}
