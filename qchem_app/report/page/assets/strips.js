// All candidates' errors: a strip of dots for each method, beside the band of chemical accuracy.

// strips: [{label, style, errors: [[row, mHa]], median}]
function strip_plot(strips, band, names, open) {
  const canvas = el("div", { class: "canvas" });
  const lane = 40;
  const size = (error) => Math.max(SMALLEST_ERROR, Math.abs(error));
  let width = 0;
  const draw = () => {
    const now = Math.round(canvas.clientWidth);
    if (!now || now === width) return;
    width = now;
    const left = 20 + 7.4 * Math.max(...strips.map((strip) => strip.label.length));
    const inner = width - left - 16;
    const top = Math.max(10, ...strips.flatMap((strip) => strip.errors.map((e) => size(e[1]))));
    const scale = log_scale(SMALLEST_ERROR, top, Math.max(2, Math.floor(inner / 55)));
    const px = (value) => left + scale.at(value) * inner;
    const height = strips.length * lane;
    const parts = [svg("rect", { x: left, y: 0, width: px(band) - left, height, class: "band" })];
    for (const tick of scale.ticks) {
      const x = px(tick).toFixed(1);
      parts.push(svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "grid" }),
        svg("text", { x, y: height + 16, class: "tick middle" },
          (tick <= SMALLEST_ERROR ? "≤ " : "") + power_text(tick)));
    }
    strips.forEach((strip, index) => {
      const middle = index * lane + lane / 2;
      const hue = style_of(strip.style).hue;
      parts.push(svg("text", { x: left - 10, y: middle, dy: "0.35em", class: "tick end strong" },
        strip.label));
      for (const [row, error] of strip.errors) {
        // spread over the lane, the same way every time
        const y = middle + ((row * 0.618034) % 1 - 0.5) * (lane - 16);
        parts.push(svg("circle", {
          cx: px(size(error)).toFixed(1), cy: y.toFixed(1), r: 3.2, class: `dot fill-${hue}`,
          onclick: () => open(row),
        }, svg("title", null, `${names[row]}: ${strip.label} ${signed(error, 3)} mHa`)));
      }
      const x = px(size(strip.median)).toFixed(1);
      parts.push(svg("line", {
        x1: x, x2: x, y1: middle - lane / 2 + 4, y2: middle + lane / 2 - 4, class: "median",
      }));
    });
    parts.push(svg("line", { x1: left, x2: left + inner, y1: height, y2: height, class: "axis" }),
      svg("text", { x: left + inner / 2, y: height + 36, class: "axis-label middle" },
        "|error| / mHa"));
    canvas.replaceChildren(svg("svg", {
      viewBox: `0 0 ${width} ${height + 42}`, width: "100%", height: height + 42, role: "img",
      "aria-label": "Errors of every candidate by method; the table below sums them up",
    }, parts));
  };
  new ResizeObserver(draw).observe(canvas);
  return el("figure", { class: "chart" },
    el("ul", { class: "legend" },
      el("li", null, svg("svg", { width: 12, height: 12, class: "swatch", "aria-hidden": "true" },
        svg("circle", { cx: 6, cy: 6, r: 4, class: "dot fill-grey" })), "one candidate"),
      el("li", null, svg("svg", { width: 8, height: 14, class: "swatch", "aria-hidden": "true" },
        svg("line", { x1: 4, x2: 4, y1: 0, y2: 14, class: "median" })), "median"),
      el("li", null, el("span", { class: "band-swatch" }),
        `chemical accuracy (${fixed(band, 3)} mHa)`)),
    el("div", { class: "stage" }, canvas));
}

function errors_section(data, open) {
  const errors = data.errors;
  if (!errors) return null;
  const drawn = errors.strips.some((strip) => strip.errors.length);
  return el("section", null, el("h2", null, errors.table.title),
    drawn ? strip_plot(errors.strips, data.accuracy, data.rows.name,
      (row) => { if (data.rows.has[row]) open(row); }) : null,
    data_table(errors.table.title, errors.table));
}
