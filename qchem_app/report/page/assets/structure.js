// The structure in 3D. There is one viewer for the whole page, moved to where it is needed: a
// browser gives a page only a few WebGL contexts.

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
  requestAnimationFrame(() => requestAnimationFrame(() => show_structure(place, text, atoms, formula)));
  return box;
}

function show_structure(place, text, atoms, formula) {
  if (!place.isConnected) return;
  if (viewer === null) {
    viewer_box = el("div", { class: "viewer-box" });
    place.append(viewer_box);
    viewer = window.$3Dmol.createViewer(viewer_box, {
      backgroundAlpha: 0, antialias: true, disableFog: true,
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
  viewer.addModel(text, "xyz");
  viewer.setStyle({}, { stick: { radius: 0.11 }, sphere: { scale: 0.26 } });
  viewer.resize();
  viewer.zoomTo();
  viewer.zoom(atoms.length < 4 ? 0.75 : 0.95);
  viewer.render();
  let labels = false;
  const button = (label, action) => el("button", {
    type: "button", onclick: () => { action(); viewer.render(); },
  }, label);
  const name_atoms = button("Atoms", () => {
    labels = !labels;
    name_atoms.setAttribute("aria-pressed", String(labels));
    viewer.removeAllLabels();
    if (!labels) return;
    atoms.forEach((atom, index) => viewer.addLabel(`${atom[0]}${index}`, {
      position: { x: atom[1], y: atom[2], z: atom[3] }, inFront: true, fontSize: 12,
      backgroundColor: "#1b2026", backgroundOpacity: 0.75, fontColor: "white",
    }));
  });
  name_atoms.setAttribute("aria-pressed", "false");
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
