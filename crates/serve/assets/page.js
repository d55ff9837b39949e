"use strict";
// What is live: the page is fetched again when something has happened, and the part that changes is put in its place.
let source = null;
let pending = false;

async function refresh() {
  if (pending) return;
  pending = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const here = document.getElementById("live");
    if (!fresh || !here) return;
    const filter = document.getElementById("filter");
    const typed = filter ? { text: filter.value, focused: document.activeElement === filter } : null;
    const view = here.querySelector("[data-zoom] svg")?.getAttribute("viewBox");
    here.replaceWith(fresh);
    document.title = page.title;
    prepare(fresh);
    const graph = fresh.querySelector("[data-zoom] svg");
    if (view && graph) graph.setAttribute("viewBox", view);
    const again = document.getElementById("filter");
    if (typed && again) {
      again.value = typed.text;
      again.dispatchEvent(new Event("input"));
      if (typed.focused) again.focus();
    }
  } finally {
    pending = false;
  }
}

let later = 0;
let again = 0;
function soon() {
  clearTimeout(later);
  later = setTimeout(refresh, 200);
}

function watch() {
  source?.close();
  source = null;
  const live = document.getElementById("live");
  clearTimeout(again);
  if (live?.dataset.again) again = setTimeout(() => document.hidden ? watch() : refresh(), live.dataset.again * 1000);
  const address = live?.dataset.events;
  if (!address) return;
  source = new EventSource(address);
  source.addEventListener("task", soon);
  source.addEventListener("running", soon);
  source.addEventListener("end", () => { source.close(); soon(); });
}

function filters(within) {
  for (const input of within.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of document.querySelectorAll(input.dataset.filter)) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
    });
  }
}

function zoom(within) {
  for (const figure of within.querySelectorAll("[data-zoom]")) {
    const svg = figure.querySelector("svg");
    if (!svg) continue;
    const whole = svg.getAttribute("viewBox").split(" ").map(Number);
    const read = () => svg.getAttribute("viewBox").split(" ").map(Number);
    const show = view => svg.setAttribute("viewBox", view.join(" "));
    const by = (factor, x, y) => {
      const [left, top, width, height] = read();
      if (width * factor < 60 || width * factor > whole[2] * 8) return;
      show([x - (x - left) * factor, y - (y - top) * factor, width * factor, height * factor]);
    };
    const middle = factor => { const [left, top, width, height] = read(); by(factor, left + width / 2, top + height / 2); };
    const move = (x, y) => { const [left, top, width, height] = read(); show([left + x * width, top + y * height, width, height]); };
    figure.addEventListener("wheel", event => {
      // Without a key the wheel scrolls the page.
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== figure) return;
      event.preventDefault();
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      by(Math.exp(Math.sign(event.deltaY) * 0.15), at.x, at.y);
    }, { passive: false });
    let last = null;
    figure.addEventListener("pointerdown", event => { if (event.pointerType === "mouse") last = event; });
    addEventListener("pointerup", () => { last = null; });
    figure.addEventListener("pointermove", event => {
      if (!last) return;
      const [left, top, width, height] = read();
      const scale = Math.max(width / svg.clientWidth, height / svg.clientHeight);
      show([left - (event.clientX - last.clientX) * scale, top - (event.clientY - last.clientY) * scale, width, height]);
      last = event;
    });
    figure.addEventListener("dragstart", event => event.preventDefault());
    figure.addEventListener("keydown", event => {
      const keys = {
        "+": () => middle(0.8), "-": () => middle(1.25), "0": () => show(whole), ArrowLeft: () => move(-0.1, 0),
        ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1),
      };
      if (!keys[event.key] || event.target !== figure) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
}

// j and k go through the links of the first table, / to the search.
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-key='/']");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("main tbody tr:not([hidden]) td a:not(.tag)")];
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = event.key === "j" ? at + 1 : Math.max(at, 1) - 1;
    links[Math.min(next, links.length - 1)].focus();
  }
});

function prepare(within) {
  filters(within);
  zoom(within);
  watch();
}
prepare(document);
