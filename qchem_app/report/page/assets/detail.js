// Everything about one candidate.

function detail_view(data, row, detail) {
  const name = data.rows.name[row];
  const parts = [
    el("p", { class: "subtitle" }, subtitle(data, row, detail)),
  ];
  const error = data.rows.error[row];
  if (error) parts.push(el("p", { class: "callout bad" }, error));
  if (!detail) return { name, parts };
  if (detail.verdict) parts.push(el("p", { class: "callout verdict" }, detail.verdict));
  const triage = data.rows.triage && data.rows.triage[row];
  if (triage) {
    const reason = (data.rows.triage_reason || [])[row];
    parts.push(el("p", null, triage_badge(triage, data.triages), reason ? `: ${reason}.` : ""));
  }
  if (detail.facts.length || detail.atoms.length) {
    parts.push(el("div", { class: "columns-2" },
      detail.atoms.length ? structure(detail.atoms, detail.formula) : null,
      el("section", null, el("h3", null, "Calculation"), fact_list(detail.facts))));
  }
  if (detail.methods.length) parts.push(methods_section(data, detail));
  parts.push(el("div", { class: "columns-2" }, convergence_section(data, detail),
    measurement_section(data, detail)));
  if (detail.state.length) {
    parts.push(el("section", null, el("h3", null, "State"), fact_list(detail.state)));
  }
  if (detail.diagnostics.length) {
    parts.push(el("section", null, el("h3", null, "Diagnostics"),
      el("p", { class: "quiet" }, "Signs of more than one important determinant."),
      fact_list(detail.diagnostics)));
  }
  if (detail.circuit.length) {
    parts.push(el("section", null, el("h3", null, "Quantum device"), fact_list(detail.circuit)));
  }
  if (detail.ledger.length) parts.push(ledger_section(detail));
  if (detail.notes.length) {
    parts.push(el("section", null, el("h3", null, "Notes"),
      el("ul", null, detail.notes.map((note) => el("li", null, note)))));
  }
  parts.push(manifest(detail.manifest, "How it was computed"));
  return { name, parts };
}

function subtitle(data, row, detail) {
  const facts = [];
  if (detail) facts.push([formula_of(detail.formula, detail.charge), ", ", detail.title]);
  for (const [label, value] of (detail && detail.variables) || []) facts.push(name_of(`${label} ${value}`));
  const source = (data.rows.source || [])[row];
  if (source) facts.push(name_of(source));
  return [badge(data.rows.status[row], data.rows.converged[row]), " ",
    facts.map((fact, index) => [index ? " · " : "", fact])];
}

function methods_section(data, detail) {
  const measured = detail.methods.some((method) => method.half);
  const compared = detail.methods.some((method) => method.error !== null);
  const columns = [
    { label: "Method" },
    { label: "E", unit: "Ha", number: true },
    measured ? { label: "±", unit: "mHa", number: true, help: "half of the 95 % interval" } : null,
    compared ? { label: "vs FCI", unit: "mHa", number: true } : null,
    { label: "Time", unit: "s", number: true },
    { label: "Remarks" },
  ].filter(Boolean);
  const rows = detail.methods.map((method) => [
    method.label,
    fixed(method.energy, 8),
    ...(measured ? [method.half ? fixed(method.half, 3) : NOTHING] : []),
    ...(compared ? [method.error === null ? NOTHING : signed(method.error, 3)] : []),
    method.seconds < 0.005 ? "< 0.01" : fixed(method.seconds, 2),
    [...method.flags.map((flag) => el("span", { class: "flag" }, flag)), method.notes.join("; ")],
  ]);
  const meaning = compared ? [
    "Errors are against FCI in the same orbitals and basis set, not against experiment.",
    "MP2, CCSD and CCSD(T) are not variational and may lie below FCI.",
  ] : ["There is no FCI energy in this space, so that no method has an error."];
  if (measured) {
    meaning.push("± is half of the 95 % interval of a measured energy. It is statistical only: " +
      "what noise shifts is not in it.");
  }
  if (detail.methods.some((method) => method.flags.includes("not comparable"))) {
    meaning.push("A density functional's total energy is on another scale and has no error here: " +
      "compare differences.");
  }
  const errors = detail.methods.filter((method) => method.error !== null && method.key !== "fci");
  return el("section", null, el("h3", null, "Methods"),
    plain_table("Methods", columns, rows),
    el("p", { class: "quiet" }, meaning.join(" ")),
    errors.length ? error_plot(errors, data.accuracy) : null);
}

function convergence_section(data, detail) {
  const trace = detail.trace;
  if (!trace || trace.length < 2) return null;
  const exact = detail.fci;
  const [last, final] = trace[trace.length - 1];
  const band = data.accuracy / 1000;
  const accuracy = `chemical accuracy (${fixed(data.accuracy, 3)} mHa)`;
  const panels = [{
    label: "E / Ha", height: 150, scale: "linear", digits: 8,
    bands: exact === null ? [] : [{ low: exact - band, high: exact + band, label: accuracy }],
    levels: exact === null ? [] : [{ value: exact, label: "FCI", style: "fci" }],
    series: [{ label: "VQE", style: "vqe", points: trace }],
  }];
  if (exact !== null) {
    panels.push({
      label: "|E − E(FCI)| / mHa", height: 130, scale: "log", digits: null, floor: 1e-6,
      bands: [{ low: 0, high: data.accuracy, label: accuracy }],
      series: [{
        label: "VQE", style: "vqe",
        points: trace.map(([x, y]) => [x, Math.abs(y - exact) * 1000]),
      }],
    });
  }
  return el("section", null, el("h3", null, "Convergence"), chart({
    title: "Energy of the VQE at each iteration",
    description: `From ${fixed(trace[0][1], 6)} to ${fixed(final, 8)} Hartree in ` +
      plural(last, "iteration") + (exact === null ? "." : `; FCI is ${fixed(exact, 8)}.`),
    x: { label: "Iteration", digits: 0, whole: true },
    panels,
  }));
}

function measurement_section(data, detail) {
  const measured = detail.measurement;
  if (!measured) return null;
  const milli = (energy) => (energy - measured.ideal) * 1000;
  const accuracy = `chemical accuracy (${fixed(data.accuracy, 3)} mHa)`;
  const interval = (x, energy) => [x, milli(energy.energy), milli(energy.low), milli(energy.high)];
  const extrapolated = measured.points.length > 0;
  const series = [];
  if (extrapolated) {
    series.push({
      label: "measured, 95 % interval", style: "raw", joined: false,
      points: measured.points.map(([scale, energy, half]) =>
        [scale, milli(energy), milli(energy - half), milli(energy + half)]),
    });
    if (measured.curve.length) {
      series.push({
        label: "fit", style: "fit",
        points: measured.curve.map(([scale, energy]) => [scale, milli(energy)]),
      });
    }
  } else {
    series.push({ label: "raw, 95 % interval", style: "raw", points: [interval(0, measured.raw)] });
  }
  if (measured.mitigated) {
    series.push({
      label: `${extrapolated ? "extrapolated" : measured.mitigation}, 95 % interval`,
      style: "mitigated", points: [interval(extrapolated ? 0 : 1, measured.mitigated)],
    });
  }
  return el("section", null, el("h3", null, "Measurement"), chart({
    title: "Measured energy beside the noiseless circuit's",
    description: detail.measured.map((fact) => fact.join(": ")).join(". "),
    x: extrapolated ? { label: "Noise scale (1: the circuit as it is)", digits: 2 }
      : { label: "Energy", digits: 0, whole: true, names: ["raw", "mitigated"] },
    panels: [{
      label: "E − E(noiseless) / mHa", height: 220, scale: "linear", digits: 3,
      bands: [{ low: -data.accuracy, high: data.accuracy, label: accuracy }],
      levels: [{ value: 0, label: "noiseless circuit", style: "fci" }],
      series,
    }],
  }), fact_list(detail.measured));
}

function ledger_section(detail) {
  const columns = [
    { label: "Step" }, { label: "Circuits", number: true }, { label: "Shots", number: true },
    { label: "Two-qubit gates", number: true }, { label: "Time", unit: "s", number: true },
  ];
  // without a measurement there is nothing but the time
  const kept = columns.map((_, index) => index)
    .filter((index) => detail.ledger.some((step) => step[index] !== null));
  const text = (value, index) => (value === null ? NOTHING
    : index ? fixed(value, index === columns.length - 1 ? 2 : 0) : value);
  return el("section", null, el("h3", null, "Cost"), plain_table("Cost",
    kept.map((index) => columns[index]),
    detail.ledger.map((step) => kept.map((index) => text(step[index], index)))));
}

function manifest(groups, title) {
  if (!groups.length) return null;
  return el("details", { class: "manifest" }, el("summary", null, title),
    el("div", { class: "groups" }, groups.filter(([, facts]) => facts.length)
      .map(([heading, facts]) => el("section", null, el("h4", null, heading), fact_list(facts)))));
}
