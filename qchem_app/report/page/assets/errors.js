// Size of each method's error on a logarithmic axis, beside the band of chemical accuracy.

const SMALLEST_ERROR = 1e-4; // mHa; smaller ones are drawn here

// methods: [{label, style, error, half}] in mHa; band: mHa
function error_plot(methods, band) {
  const shown = methods.filter((method) => method.error !== null);
  const canvas = el("div", { class: "canvas" });
  const size = (method) => Math.max(SMALLEST_ERROR, Math.abs(method.error));
  const description = shown
    .map((m) => `${m.label} ${signed(m.error, 3)} mHa${m.half ? ` ± ${fixed(m.half, 3)}` : ""}`)
    .join("; ");
  let width = 0;
  const draw = () => {
    const now = Math.round(canvas.clientWidth);
    if (!now || now === width) return;
    width = now;
    const letters = Math.max(...shown.map((method) => method.label.length));
    const left = Math.min(width * 0.4, 20 + letters * 7.4);
    const inner = width - left - 16;
    const top = Math.max(10, band * 3, ...shown.map((m) => size(m) + (m.half || 0)));
    const scale = log_scale(SMALLEST_ERROR, top, Math.max(2, Math.floor(inner / 55)));
    const px = (value) => left + Math.max(0, Math.min(1, scale.at(value))) * inner;
    const height = shown.length * 24;
    const parts = [svg("rect", {
      x: left, y: 0, width: px(band) - left, height, class: "band",
    })];
    for (const tick of scale.ticks) {
      const x = px(tick).toFixed(1);
      parts.push(svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "grid" }),
        svg("text", { x, y: height + 16, class: "tick middle" },
          tick <= SMALLEST_ERROR ? "≤ " + power_text(tick) : power_text(tick)));
    }
    shown.forEach((method, index) => {
      const y = index * 24 + 12;
      const style = style_of(method.style);
      const hue = style.hue;
      const group = svg("g", null, svg("title", null,
        `${method.label}: ${signed(method.error, 3)} mHa`));
      group.append(svg("text", { x: left - 10, y, dy: "0.35em", class: "tick end strong" },
        method.label));
      if (method.half) {
        const [x1, x2] = [size(method) - method.half, size(method) + method.half].map(px);
        group.append(svg("line", { x1, x2, y1: y, y2: y, class: "line line-" + hue }));
        for (const x of [x1, x2]) {
          group.append(svg("line", { x1: x, x2: x, y1: y - 4, y2: y + 4, class: "line line-" + hue }));
        }
      } else {
        group.append(svg("line", {
          x1: left, x2: px(size(method)), y1: y, y2: y, class: "stem",
        }));
      }
      const dot = mark(style.mark === "none" ? "circle" : style.mark, px(size(method)), y, hue, 4.2);
      if (method.error < -SMALLEST_ERROR) dot.classList.add("hollow");
      group.append(dot);
      parts.push(group);
    });
    parts.push(svg("line", { x1: left, x2: left + inner, y1: height, y2: height, class: "axis" }),
      svg("text", { x: left + inner / 2, y: height + 36, class: "axis-label middle" },
        "|error| / mHa"));
    canvas.replaceChildren(svg("svg", {
      viewBox: `0 0 ${width} ${height + 42}`, width: "100%", height: height + 42, role: "img",
      "aria-label": `Errors of the methods: ${description}`,
    }, parts));
  };
  new ResizeObserver(draw).observe(canvas);
  return el("figure", { class: "chart" },
    el("figcaption", null, "Error of each method against FCI"),
    el("ul", { class: "legend" }, el("li", null, el("span", { class: "band-swatch" }),
      `chemical accuracy (${fixed(band, 3)} mHa)`),
    shown.some((m) => m.error < -SMALLEST_ERROR)
      ? el("li", null, svg("svg", { width: 12, height: 12, class: "swatch", "aria-hidden": "true" },
        svg("circle", { cx: 6, cy: 6, r: 4, class: "fill-grey hollow" })), "below FCI")
      : null),
    el("div", { class: "stage" }, canvas));
}
