// The structure in 3D. There is one viewer for the whole page, moved to where it is needed: a
// browser gives a page only a few WebGL contexts.

const MOST_LABELS = 12; // of atoms, from the start; more would hide the structure

let viewer = null;
let viewer_box = null;

function has_webgl() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2") || canvas.getContext("webgl");
  if (!context) return false;
  const extension = context.getExtension("WEBGL_lose_context");
  if (extension) extension.loseContext();
  return true;
}

function xyz_text(atoms, comment) {
  const line = (atom) => atom[0].padEnd(3) +
    atom.slice(1).map((x) => x.toFixed(6).padStart(14)).join("");
  return [String(atoms.length), comment, ...atoms.map(line)].join("\n") + "\n";
}

// Coordinates turned for the eye: the two farthest atoms left and right, the one farthest from
// their line above it. A viewer looks along z, and a diatomic along z would be a single dot.
function turned(atoms) {
  const minus = (a, b) => a.map((x, i) => x - b[i]);
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const unit = (a) => a.map((x) => x / Math.sqrt(dot(a, a)));
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0]];
  const places = atoms.slice(0, 400).map((atom) => atom.slice(1));
  let [axis, length] = [[1, 0, 0], 0];
  places.forEach((a, i) => places.slice(0, i).forEach((b) => {
    const line = minus(a, b);
    if (dot(line, line) > length + 1e-6) [axis, length] = [line, dot(line, line)];
  }));
  const x = unit(axis);
  let [up, height] = [Math.abs(x[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0], 1e-4];
  for (const place of places) {
    const from = minus(place, places[0]);
    const off = minus(from, x.map((part) => part * dot(from, x)));
    if (dot(off, off) > height) [up, height] = [off, dot(off, off)];
  }
  const y = unit(minus(up, x.map((part) => part * dot(up, x))));
  const z = cross(x, y);
  return atoms.map(([symbol, ...place]) => [symbol, dot(place, x), dot(place, y), dot(place, z)]);
}

// atoms: [[symbol, x, y, z], ...] in Å
function structure(atoms, formula) {
  const text = xyz_text(atoms, "coordinates in Å");
  const place = el("div", { class: "viewer" });
  const box = el("section", { class: "structure", "aria-label": "Structure" },
    el("h3", null, "Structure"), place, coordinates(text));
  if (viewer === null && !(window.$3Dmol && has_webgl())) {
    place.classList.add("empty");
    place.append(el("p", null, "The structure cannot be drawn here, because this browser has no ",
      "WebGL switched on. The coordinates are below."));
    return box;
  }
  // once the place has a size
  requestAnimationFrame(() => requestAnimationFrame(() => show_structure(place, turned(atoms), formula)));
  return box;
}

// Before what is shown goes away: without a size the viewer would draw into nothing.
function park_structure() {
  if (!viewer_box) return;
  const parking = document.getElementById("parking");
  if (viewer_box.clientWidth) parking.style.width = `${viewer_box.clientWidth}px`;
  parking.append(viewer_box);
}

function show_structure(place, atoms, formula) {
  if (!place.isConnected) return;
  if (viewer === null) {
    viewer_box = el("div", { class: "viewer-box" });
    place.append(viewer_box);
    viewer = window.$3Dmol.createViewer(viewer_box, {
      backgroundAlpha: 0, antialias: true, upscale: false, disableFog: true, minimumZoomToDistance: 2,
    });
    // the wheel scrolls the page, as everywhere else; with Ctrl it zooms
    viewer_box.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) event.stopPropagation();
    }, { capture: true });
  } else {
    place.append(viewer_box);
  }
  viewer_box.setAttribute("role", "img");
  viewer_box.setAttribute("aria-label",
    `Three-dimensional structure of ${formula}, ${plural(atoms.length, "atom")}`);
  viewer.clear();
  viewer.addModel(xyz_text(atoms, ""), "xyz");
  const colours = { colorscheme: "Jmol" }; // the usual ones: lithium violet, fluorine green
  viewer.setStyle({}, { stick: { radius: 0.11, ...colours }, sphere: { scale: 0.26, ...colours } });
  viewer.zoomTo();
  viewer.zoom(0.95);
  viewer.render();
  let labels = atoms.length <= MOST_LABELS;
  const button = (label, action) => el("button", {
    type: "button", onclick: () => { action(); viewer.render(); },
  }, label);
  const label_atoms = () => {
    name_atoms.setAttribute("aria-pressed", String(labels));
    viewer.removeAllLabels();
    if (!labels) return;
    atoms.forEach((atom, index) => viewer.addLabel(`${atom[0]}${index}`, {
      position: { x: atom[1], y: atom[2], z: atom[3] }, inFront: true, fontSize: 12,
      backgroundColor: "#1b2026", backgroundOpacity: 0.75, fontColor: "white",
    }));
  };
  const name_atoms = button("Atoms", () => {
    labels = !labels;
    label_atoms();
  });
  label_atoms();
  viewer.render();
  name_atoms.title = "Number the atoms, from 0";
  place.append(el("div", { class: "tools controls" },
    button("Turn", () => viewer.rotate(30, "y")), button("Nearer", () => viewer.zoom(1.25)),
    button("Farther", () => viewer.zoom(0.8)), name_atoms,
    button("Reset", () => { viewer.setView([0, 0, 0, 0, 0, 0, 0, 1]); viewer.zoomTo(); })));
}

function coordinates(text) {
  const pre = el("pre", { tabindex: "0", "aria-label": "Coordinates as XYZ" }, text);
  const said = el("span", { class: "quiet", role: "status" });
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(pre);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    said.textContent = "Selected: copy it with Ctrl+C.";
  };
  const copy = el("button", {
    type: "button",
    onclick: () => {
      if (!navigator.clipboard) return select();
      return navigator.clipboard.writeText(text)
        .then(() => { said.textContent = "Copied."; }, select);
    },
  }, "Copy");
  return el("details", { class: "xyz" }, el("summary", null, "Coordinates (XYZ, Å)"), pre,
    el("p", { class: "controls" }, copy, " ", said));
}
