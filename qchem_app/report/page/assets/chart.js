// Line charts in SVG, drawn at the width they have, with the values under a pointer or the arrow
// keys.
//
// spec: {title, description, x: {label, digits}, panels: [panel]}
// panel: {label, height, scale: "linear" | "log" | "symlog", digits, floor,
//         bands: [{low, high, label}], levels: [{value, label, style}],
//         series: [{label, style, points: [[x, y, low, high]]}]}
// style: the name of a method, see STYLES.

const STYLES = {
  hf: { hue: "grey", dash: "2 3", mark: "square" },
  mp2: { hue: "orange", dash: "7 3", mark: "diamond" },
  ccsd: { hue: "sky", dash: "9 3 2 3", mark: "up" },
  "ccsd(t)": { hue: "blue", dash: "12 4", mark: "down" },
  fci: { hue: "ink", dash: "", mark: "none" },
  vqe: { hue: "red", dash: "", mark: "circle" },
  ideal: { hue: "green", dash: "3 3", mark: "square" },
  raw: { hue: "sky", dash: "", mark: "circle" },
  mitigated: { hue: "red", dash: "", mark: "diamond" },
  fit: { hue: "sky", dash: "", mark: "none" },
  other1: { hue: "green", dash: "5 2", mark: "square" },
  other2: { hue: "pink", dash: "4 2", mark: "up" },
};

const style_of = (name) => STYLES[name] || STYLES.other1;

function mark(shape, x, y, hue, size = 3.6) {
  const point = (dx, dy) => `${(x + dx * size).toFixed(2)},${(y + dy * size).toFixed(2)}`;
  const corners = {
    square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
    up: [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]],
    down: [[0, 1.2], [1.15, -0.9], [-1.15, -0.9]],
  }[shape];
  if (shape === "none") return null;
  if (!corners) return svg("circle", { cx: x, cy: y, r: size, class: "fill-" + hue });
  const points = corners.map(([dx, dy]) => point(dx, dy)).join(" ");
  return svg("polygon", { points, class: "fill-" + hue });
}

function swatch(style) {
  return svg("svg", { width: 34, height: 12, "aria-hidden": "true", class: "swatch" },
    svg("line", {
      x1: 1, y1: 6, x2: 33, y2: 6,
      class: "line line-" + style.hue, "stroke-dasharray": style.dash,
    }),
    mark(style.mark, 17, 6, style.hue, 3.4));
}

function panel_scale(panel) {
  const values = panel.series.flatMap((s) => s.points.flatMap((p) => p.slice(1)))
    .concat((panel.levels || []).map((level) => level.value))
    .filter((value) => value !== null && value !== undefined);
  if (panel.scale === "log") {
    const sizes = values.filter((value) => value > 0);
    const low = Math.max(panel.floor, Math.min(0.5, ...sizes));
    return log_scale(low, Math.max(low * 10, 10, ...sizes));
  }
  const low = values.length ? Math.min(...values) : 0;
  const high = values.length ? Math.max(...values) : 1;
  if (panel.scale === "symlog") return symmetric_log_scale(low * 1.3, high * 1.3, 0.1);
  return linear_scale(low, high, Math.max(3, panel.height / 45), 0.06);
}

let chart_count = 0;

function chart(spec) {
  const id = `chart${++chart_count}`;
  const canvas = el("div", {
    class: "canvas", tabindex: "0", role: "group",
    "aria-label": `${spec.title}: arrow keys read the values`,
  });
  const readout = el("div", { class: "readout", "aria-live": "polite", hidden: true });
  const shown = new Map();
  for (const panel of spec.panels) {
    for (const series of panel.series) shown.set(series.label, style_of(series.style));
    for (const level of panel.levels || []) shown.set(level.label, style_of(level.style));
  }
  const band = spec.panels.flatMap((panel) => panel.bands || [])[0];
  const legend = el("ul", { class: "legend" },
    [...shown].map(([label, style]) => el("li", null, swatch(style), label)),
    band ? el("li", null, el("span", { class: "band-swatch" }), band.label) : null);
  const figure = el("figure", { class: "chart" },
    el("figcaption", { class: spec.headed ? "hidden" : null }, spec.title), legend, el("div", { class: "stage" }, canvas, readout),
    spec.note ? el("p", { class: "quiet" }, spec.note) : null);
  const xs = [...new Set(spec.panels.flatMap((panel) =>
    panel.series.flatMap((series) => series.points.map((point) => point[0]))))]
    .sort((a, b) => a - b);
  let drawn = null;
  let width = 0;

  const draw = () => {
    const now = Math.round(canvas.clientWidth);
    if (!now || now === width) return;
    width = now;
    drawn = draw_chart(spec, width, id, xs);
    canvas.replaceChildren(drawn.node);
    readout.hidden = true;
  };
  new ResizeObserver(draw).observe(canvas);

  let current = -1;
  const show = (index) => {
    current = Math.max(0, Math.min(xs.length - 1, index));
    drawn.rule(current);
    readout.hidden = false;
    readout.replaceChildren(...values_at(spec, xs[current]));
    const left = drawn.position(current);
    readout.style.left = left > width / 2 ? "auto" : `${left + 12}px`;
    readout.style.right = left > width / 2 ? `${width - left + 12}px` : "auto";
  };
  const hide = () => {
    current = -1;
    readout.hidden = true;
    if (drawn) drawn.rule(-1);
  };
  canvas.addEventListener("pointermove", (event) => {
    const x = event.clientX - canvas.getBoundingClientRect().left;
    if (drawn) show(drawn.nearest(x));
  });
  canvas.addEventListener("pointerleave", hide);
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step || !drawn) return;
    event.preventDefault();
    show(current < 0 ? (step > 0 ? 0 : xs.length - 1) : current + step);
  });
  return figure;
}

function values_at(spec, x) {
  const lines = [el("strong", null, `${spec.x.label}${spec.x.whole ? " " : " = "}${fixed(x, spec.x.digits)}`)];
  for (const panel of spec.panels) {
    const rows = [];
    for (const series of panel.series) {
      const point = series.points.find((p) => p[0] === x);
      if (!point || point[1] === null) continue;
      const half = point.length > 2 ? ` ± ${short((point[3] - point[2]) / 2)}` : "";
      const value = panel.digits === null ? short(point[1]) : fixed(point[1], panel.digits);
      rows.push(el("tr", null, el("th", { scope: "row" }, swatch(style_of(series.style)),
        series.label), el("td", null, value + half)));
    }
    if (rows.length) lines.push(el("table", null, el("caption", null, panel.label), rows));
  }
  return lines;
}

function draw_chart(spec, width, id, xs) {
  const scales = spec.panels.map(panel_scale);
  const letters = Math.max(...scales.flatMap((s) => s.ticks.map((t) => s.text(t).length)));
  const left = 14 + letters * 6.7;
  const right = 14;
  const inner = width - left - right;
  const ticks = spec.x.whole ? Math.max(xs.length, 1) : 9;
  const x_scale = linear_scale(
    xs[0] ?? 0, xs[xs.length - 1] ?? 1, Math.max(2, Math.min(ticks, inner / 60)), 0.03,
    spec.x.whole,
  );
  const px = (x) => left + x_scale.at(x) * inner;
  const parts = [];
  const rules = [];
  let top = 0;
  spec.panels.forEach((panel, index) => {
    top += index ? 34 : 24;
    const scale = scales[index];
    const bottom = top + panel.height;
    const clamp = (part) => Math.max(0, Math.min(1, part));
    const py = (y) => bottom - clamp(scale.at(y)) * panel.height;
    parts.push(svg("text", { x: 0, y: top - 12, class: "axis-label" }, panel.label));
    for (const band of panel.bands || []) {
      const [high, low] = [py(band.high), py(band.low)];
      parts.push(svg("rect", {
        x: left, y: high, width: inner, height: Math.max(1, low - high), class: "band",
      }));
    }
    for (const tick of scale.ticks) {
      const y = py(tick).toFixed(1);
      parts.push(svg("line", { x1: left, x2: left + inner, y1: y, y2: y, class: "grid" }));
      parts.push(svg("text", { x: left - 7, y, dy: "0.35em", class: "tick end" }, scale.text(tick)));
    }
    const last = index === spec.panels.length - 1;
    for (const tick of x_scale.ticks) {
      if (spec.x.whole && !Number.isInteger(tick)) continue;
      const x = px(tick).toFixed(1);
      parts.push(svg("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, class: "axis" }));
      if (last) {
        const text = spec.x.names ? spec.x.names[tick] : x_scale.text(tick);
        parts.push(svg("text", { x, y: bottom + 17, class: "tick middle" }, text));
      }
    }
    parts.push(svg("line", { x1: left, x2: left + inner, y1: bottom, y2: bottom, class: "axis" }));
    for (const level of panel.levels || []) {
      const style = style_of(level.style);
      const y = py(level.value).toFixed(1);
      parts.push(svg("line", {
        x1: left, x2: left + inner, y1: y, y2: y,
        class: "line line-" + style.hue, "stroke-dasharray": style.dash,
      }));
    }
    for (const series of panel.series) parts.push(...draw_series(series, px, py));
    const rule = svg("line", { y1: top, y2: bottom, class: "rule", visibility: "hidden" });
    rules.push(rule);
    parts.push(rule);
    top = bottom + (last ? 24 : 6);
  });
  parts.push(svg("text", { x: left + inner / 2, y: top + 12, class: "axis-label middle" },
    spec.x.label));
  const height = top + 18;
  const node = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width: "100%", height, role: "img",
    "aria-labelledby": `${id}t ${id}d`,
  }, svg("title", { id: id + "t" }, spec.title), svg("desc", { id: id + "d" }, spec.description),
  parts);
  return {
    node,
    position: (index) => px(xs[index]),
    nearest: (x) => {
      let best = 0;
      xs.forEach((value, i) => {
        if (Math.abs(px(value) - x) < Math.abs(px(xs[best]) - x)) best = i;
      });
      return best;
    },
    rule: (index) => rules.forEach((rule) => {
      rule.setAttribute("visibility", index < 0 ? "hidden" : "visible");
      if (index >= 0) {
        rule.setAttribute("x1", px(xs[index]));
        rule.setAttribute("x2", px(xs[index]));
      }
    }),
  };
}

// A line that breaks where a value is missing, marks where there is room, intervals where given.
function draw_series(series, px, py) {
  const style = style_of(series.style);
  const parts = [];
  let path = "";
  let pen = "M";
  for (const [x, y] of series.points) {
    if (y === null) {
      pen = "M";
      continue;
    }
    path += `${pen}${px(x).toFixed(1)} ${py(y).toFixed(1)}`;
    pen = "L";
  }
  if (series.joined !== false) {
    parts.push(svg("path", {
      d: path, class: "line line-" + style.hue, "stroke-dasharray": style.dash,
    }));
  }
  for (const [x, y, low, high] of series.points) {
    if (y === null || low === undefined) continue;
    const [at, top, bottom] = [px(x), py(high), py(low)].map((value) => value.toFixed(1));
    const cap = (level) => svg("line", {
      x1: at - 4, x2: Number(at) + 4, y1: level, y2: level, class: "line line-" + style.hue,
    });
    parts.push(svg("line", { x1: at, x2: at, y1: top, y2: bottom, class: "line line-" + style.hue }),
      cap(top), cap(bottom));
  }
  if (series.points.length <= 60) {
    for (const [x, y] of series.points) {
      if (y !== null) parts.push(mark(style.mark, px(x), py(y), style.hue));
    }
  }
  return parts;
}
