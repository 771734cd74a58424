// Numbers as the page prints them: a true minus sign, a thin space between thousands.

const MINUS = "\u2212";
const NOTHING = "\u2013";

function fixed(value, digits) {
  if (value === null || value === undefined) return NOTHING;
  let text = Math.abs(value).toFixed(digits);
  const negative = value < 0 && Number(text) !== 0;
  const [whole, fraction] = text.split(".");
  text = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u2009") : whole;
  return (negative ? MINUS : "") + text + (fraction ? "." + fraction : "");
}

const signed = (value, digits) => {
  const text = fixed(value, digits);
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? "+" + text : text;
};

// A number of any size in few characters: 0.012, 3.1e-7, 12 000.
function short(value) {
  if (value === null || value === undefined) return NOTHING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    return value.toExponential(1).replace("-", MINUS).replace("e+", "e");
  }
  if (Number.isInteger(value)) return fixed(value, 0);
  return fixed(value, Math.max(0, Math.min(6, 3 - Math.ceil(Math.log10(size)))));
}

function cell_text(value, column) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return value;
  return column.digits === null ? short(value) : fixed(value, column.digits);
}

const plural = (count, noun, nouns) => `${fixed(count, 0)} ${count === 1 ? noun : nouns || noun + "s"}`;
