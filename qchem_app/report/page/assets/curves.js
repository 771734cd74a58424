// Curves of a scan: energies above, errors with the band of chemical accuracy below.

// curve: {title, x: {label, digits}, points: [x], series: [{label, style, energies, errors}],
//         facts, table: {columns, rows}}
function curve_section(data, curve) {
  const accuracy = `chemical accuracy (${fixed(data.accuracy, 3)} mHa)`;
  const panels = [{
    label: "E / Ha", height: 260, scale: "linear", digits: 6,
    series: curve.series.filter((series) => series.energies).map((series) => ({
      label: series.label, style: series.style,
      points: curve.points.map((x, index) => [x, series.energies[index]]),
    })),
  }];
  const errors = curve.series.filter((series) => series.errors);
  if (errors.length) {
    panels.push({
      label: `E − E(${curve.reference}) / mHa`, height: 200, scale: "symlog", digits: 3,
      bands: [{ low: -data.accuracy, high: data.accuracy, label: accuracy }],
      series: errors.map((series) => ({
        label: series.label, style: series.style,
        points: curve.points.map((x, index) => [x, series.errors[index]]),
      })),
    });
  }
  const table = curve.table;
  return el("section", { class: "curve" }, el("h2", null, curve.title), chart({
    title: curve.title,
    description: `${curve.series.map((series) => series.label).join(", ")} at ` +
      `${plural(curve.points.length, "point")}; the values are in the table of candidates.`,
    x: curve.x, panels, headed: true,
    note: errors.length ? "The axis of errors is linear near zero and logarithmic beyond." : null,
  }),
  table && table.rows.length ? data_table("Methods along the curve", table) : null,
  curve.notes.map((note) => el("p", { class: "quiet" }, note)));
}

// table: {columns: [{label, unit, number, digits, help}], rows: [[value]], note}
function data_table(caption, table) {
  const last = table.columns.length - 1;
  // a remark that holds for every row is said once, below
  const shared = table.rows.length > 1 && table.columns[last].label === "Remarks" &&
    table.rows.every((row) => row[last] === table.rows[0][last]) ? table.rows[0][last] : null;
  const columns = shared === null ? table.columns : table.columns.slice(0, last);
  const node = plain_table(caption, columns, table.rows.map((row) =>
    columns.map((column, index) => cell_text(row[index], column))));
  if (table.rows.length > 20) node.querySelector(".scroll").classList.add("tall");
  return [node, shared ? el("p", { class: "quiet" }, `Of all: ${shared}.`) : null, table.note ? el("p", { class: "quiet" }, table.note) : null];
}
