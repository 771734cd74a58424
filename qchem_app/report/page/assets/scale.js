// Axes: a scale maps a value to 0..1, and knows its ticks.

function nice_step(span, count) {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((m) => m * power).find((step) => step >= rough * 0.999);
}

function linear_scale(low, high, count, padding, whole) {
  if (!(high > low)) {
    const around = Math.abs(low) * 1e-6 || 0.5;
    [low, high] = [low - around, high + around];
  }
  const extra = (high - low) * padding;
  [low, high] = [low - extra, high + extra];
  let step = nice_step(high - low, count);
  if (whole) step = Math.max(1, Math.round(step));
  const digits = Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) +
    (String(step / 10 ** Math.floor(Math.log10(step))).startsWith("2.5") ? 1 : 0));
  const ticks = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-9; tick += step) {
    ticks.push(tick);
  }
  return {
    at: (value) => (value - low) / (high - low),
    low, high, ticks,
    text: (tick) => fixed(tick, digits),
  };
}

// Powers of ten; what lies below the floor is drawn on it.
function log_scale(low, high, most = 7) {
  const bottom = Math.floor(Math.log10(low) + 1e-9);
  const top = Math.max(bottom + 1, Math.ceil(Math.log10(high) - 1e-9));
  const step = Math.ceil((top - bottom) / most);
  const ticks = [];
  for (let power = bottom; power <= top; power += step) ticks.push(10 ** power);
  return {
    at: (value) => (Math.log10(Math.max(value, 10 ** bottom)) - bottom) / (top - bottom),
    low: 10 ** bottom, high: 10 ** top, ticks,
    text: power_text,
  };
}

function power_text(value) {
  const power = Math.round(Math.log10(value));
  if (power >= -3 && power <= 3) return fixed(value, Math.max(0, -power));
  const digits = String(Math.abs(power)).replace(/./g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
  return "10" + (power < 0 ? "⁻" : "") + digits;
}

// Linear near zero and logarithmic far from it, so that both signs and all sizes can be seen.
function symmetric_log_scale(low, high, linear) {
  const to = (value) => Math.sign(value) * Math.log10(1 + Math.abs(value) / linear);
  const bottom = to(Math.min(low, -linear));
  const top = to(Math.max(high, linear));
  const ticks = [0];
  for (let size = linear * 10; to(size) <= Math.max(top, -bottom); size *= 10) {
    if (to(size) <= top) ticks.push(size);
    if (-to(size) >= bottom) ticks.unshift(-size);
  }
  return {
    at: (value) => (to(value) - bottom) / (top - bottom),
    low, high, ticks,
    text: (tick) => signed(tick, tick !== 0 && Math.abs(tick) < 1 ? 1 : 0),
  };
}
