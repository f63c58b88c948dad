"use strict";
const claims = Array.from(document.querySelectorAll("details.claim"));
const filter = document.getElementById("filter");

function open(target) {
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
}

function follow() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  open(target);
  const claim = target.closest("details.claim");
  if (claim) claim.hidden = false;
  target.scrollIntoView();
}

function narrow() {
  const wanted = new Set(Array.from(filter.querySelectorAll("[name=verdict]:checked"), (box) => box.value));
  const words = filter.querySelector("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const paper = filter.querySelector("#paper").value;
  let count = 0;
  for (const claim of claims) {
    claim.words ??= claim.textContent.toLowerCase();
    const told = claim.dataset.verdicts.split(",").some((verdict) => wanted.has(verdict));
    const there = !paper || claim.closest(".paper").id === paper;
    claim.hidden = !(told && there && words.every((word) => claim.words.includes(word)));
    count += claim.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".paper")) {
    group.hidden = !group.querySelector("details.claim:not([hidden])");
  }
  filter.querySelector("#shown").textContent = `${count} of ${claims.length} claims shown`;
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", narrow);
  for (const [name, state] of [["open-all", true], ["close-all", false]]) {
    document.getElementById(name).addEventListener("click", () => {
      for (const claim of claims) if (!claim.hidden) claim.open = state;
    });
  }
  narrow();
}
addEventListener("hashchange", follow);
follow();

function rows(table) {
  const found = [[]];
  for (const [, quoted, plain, end] of table.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g)) {
    found.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") found.push([]);
    if (end === "") break;
  }
  return found;
}

// Further measurements are read from the table of the claim when their fold is opened.
function list(fold) {
  const address = fold.parentElement.querySelector(".measured").href;
  const [header, ...body] = rows(decodeURIComponent(address.slice(address.indexOf(",") + 1)));
  const [kind, reason] = ["kind", "reason"].map((name) => header.indexOf(name));
  const notes = body.filter((row) => row[kind] === "note");
  const item = (row) => Object.assign(document.createElement("li"), { textContent: row[reason], dir: "auto" });
  fold.querySelector("ul").replaceChildren(...notes.map(item));
}

for (const fold of document.querySelectorAll(".further")) {
  fold.hidden = false;
  fold.addEventListener("toggle", () => list(fold), { once: true });
}

const NAMESPACE = "http://www.w3.org/2000/svg";
const SHOWN = ["fill", "stroke", "color"];

function make(tag, attributes, text) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

function told(element) {
  return (element?.textContent ?? "").replace(/\s+/g, " ").trim();
}

function resolved(svg) {
  const style = getComputedStyle(document.documentElement);
  const copy = svg.cloneNode(true);
  for (const element of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["style", ...SHOWN]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/var\((--[\w-]+)\)/g, (_, key) => style.getPropertyValue(key).trim()));
    }
  }
  return copy;
}

function legendOf(list, top, width, canvas) {
  for (const entry of list ? list.children : []) {
    const swatch = resolved(entry.querySelector("svg"));
    for (const [name, value] of Object.entries({ x: 12, y: top - 10, width: 26, height: 12 })) swatch.setAttribute(name, value);
    canvas.append(swatch, make("text", { x: 46, y: top, "font-size": 12, fill: "currentColor" }, told(entry)));
    top += 18;
  }
  return top;
}

function picture(figure) {
  const style = getComputedStyle(document.documentElement);
  const canvas = make("svg", { xmlns: NAMESPACE, color: style.getPropertyValue("--ink").trim(), "font-family": "sans-serif" });
  const width = 380;
  const panels = Array.from(figure.querySelectorAll(".panel"));
  const columns = Math.min(panels.length, 3);
  const rows = Array.from({ length: columns }, () => 8);
  canvas.append(make("rect", { width: "100%", height: "100%", fill: style.getPropertyValue("--paper").trim() }));
  panels.forEach((panel, index) => {
    const column = index % columns;
    const group = make("svg", { x: column * width, y: rows[column], width, overflow: "visible" });
    const plot = resolved(panel.querySelector(".plot"));
    const [, , across, down] = plot.getAttribute("viewBox").split(" ").map(Number);
    const height = ((width - 24) * down) / across;
    group.append(make("text", { x: 12, y: 16, "font-size": 13, "font-weight": 600, fill: "currentColor" }, told(panel.querySelector(".panel-title"))));
    for (const [name, value] of Object.entries({ x: 12, y: 24, width: width - 24, height })) plot.setAttribute(name, value);
    group.append(plot);
    rows[column] += legendOf(panel.querySelector(".legend"), height + 44, width, group) + 8;
    canvas.append(group);
  });
  let height = Math.max(...rows);
  const shared = figure.querySelector(":scope > .legend");
  if (shared) height = legendOf(shared, height + 14, width, canvas) + 4;
  canvas.setAttribute("viewBox", `0 0 ${columns * width} ${height}`);
  canvas.setAttribute("width", columns * width);
  canvas.setAttribute("height", height);
  return new XMLSerializer().serializeToString(canvas);
}

for (const button of document.querySelectorAll(".as-svg")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([picture(button.closest("figure"))], { type: "image/svg+xml" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
