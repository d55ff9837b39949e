"use strict";
// What is live: the page is fetched again when something has happened, and the part that changes is put in its place.
let source = null;
let watched = null;
let pending = false;
let took = 0;
let later = 0;
let again = 0;

const live = () => document.getElementById("live");

// What somebody has typed, where they are and what they look at, to be found again in the fresh part.
function remembered(part) {
  const focused = document.activeElement;
  return {
    typed: [...part.querySelectorAll("input[id]:not([type=hidden])")].map(input => [input.id, input.value]),
    focus: part.contains(focused) ? focused.id || focused.getAttribute("href") : null,
    caret: focused?.selectionStart,
    view: part.querySelector("[data-zoom] svg")?.getAttribute("viewBox"),
    whole: part.querySelector("[data-zoom]")?.dataset.whole,
    drawing: part.querySelector("[data-graph] svg"),
    scrolled: [...part.querySelectorAll(".scroll, .picture")].map(box => [box.scrollLeft, box.scrollTop]),
  };
}

function restore(part, known, keepsTyped) {
  if (keepsTyped) {
    for (const [id, value] of known.typed) {
      const input = document.getElementById(id);
      if (!input || input.value === value) continue;
      input.value = value;
      input.dispatchEvent(new Event("input"));
    }
  }
  const graph = part.querySelector("[data-graph]");
  if (graph && known.drawing) graph.replaceChildren(known.drawing);
  const svg = part.querySelector("[data-zoom] svg");
  // The same graph is looked at from the same place; another one from its own.
  if (svg && known.view && known.whole === svg.getAttribute("viewBox")) svg.setAttribute("viewBox", known.view);
  part.querySelectorAll(".scroll, .picture").forEach((box, at) => {
    if (known.scrolled[at]) [box.scrollLeft, box.scrollTop] = known.scrolled[at];
  });
  if (known.focus) {
    const found = document.getElementById(known.focus) || part.querySelector(`a[href="${CSS.escape(known.focus)}"]`);
    found?.focus({ preventScroll: true });
    if (found?.setSelectionRange && known.caret !== null && /^(text|search)$/.test(found.type)) {
      found.setSelectionRange(known.caret, known.caret);
    }
  }
}

// Whoever looks at a page that is not fresh any more is told.
function tell(answer) {
  const told = document.getElementById("old");
  if (!answer && !told) {
    const note = Object.assign(document.createElement("p"), { id: "old", className: "warn", role: "status" });
    note.textContent = `The server does not answer. This page is as it was at ${new Date().toLocaleTimeString()}.`;
    document.querySelector("main").prepend(note);
  } else if (answer) told?.remove();
}

async function refresh(keepsTyped = true) {
  if (pending) return soon();
  pending = true;
  const begun = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    tell(answer);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    const here = live();
    if (!fresh || !here) return;
    const known = remembered(here);
    here.replaceWith(fresh);
    document.title = page.title;
    prepare(fresh);
    restore(fresh, known, keepsTyped);
    mark(fresh);
  } finally {
    pending = false;
    took = performance.now() - begun;
    if (!again) watch();
  }
}

// A page that takes long is asked for less often.
function soon() {
  clearTimeout(later);
  later = setTimeout(refresh, Math.max(200, 3 * took));
}

function watch() {
  clearTimeout(again);
  again = 0;
  const seconds = live()?.dataset.again;
  if (seconds) again = setTimeout(() => { again = 0; document.hidden ? watch() : refresh(); }, seconds * 1000);
  const address = live()?.dataset.events ?? null;
  // Whoever asks again is told all that has ended so far: one is asked once for each run.
  if (address === watched) return;
  source?.close();
  watched = address;
  source = address && new EventSource(address);
  source?.addEventListener("task", soon);
  source?.addEventListener("running", soon);
  source?.addEventListener("end", event => { event.target.close(); soon(); });
}

function filters(within) {
  for (const input of within.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const row of document.querySelectorAll(input.dataset.filter)) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
      for (const task of document.querySelectorAll(".graph a")) {
        task.classList.toggle("faint", !task.querySelector(".id")?.textContent.toLowerCase().includes(wanted));
      }
    });
  }
}

// The task that is shown beside the graph, in it.
function mark(within) {
  const task = new URLSearchParams(location.search).get("task");
  for (const link of within.querySelectorAll(".graph a")) {
    const isShown = task !== null && link.querySelector(".id")?.textContent === task;
    link.classList.toggle("shown", isShown);
    if (isShown) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
}

// A graph that is too large to stand in the page.
async function graphs(within) {
  for (const figure of within.querySelectorAll("[data-graph]")) {
    const answer = await fetch(figure.dataset.graph);
    if (!answer.ok) continue;
    const drawing = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    if (drawing.localName !== "svg" || !figure.isConnected) continue;
    const view = figure.querySelector("svg")?.getAttribute("viewBox");
    const whole = drawing.getAttribute("viewBox");
    if (view && figure.dataset.whole === whole) drawing.setAttribute("viewBox", view);
    figure.replaceChildren(document.importNode(drawing, true));
    mark(figure);
    // One that is far larger than its place begins at its left, to be read; 0 shows all of it.
    const [, , width, height] = whole.split(" ").map(Number);
    const part = 1.6 * figure.clientWidth / width;
    if (!figure.dataset.whole && part < 1) {
      figure.firstChild.setAttribute("viewBox", `0 ${height * (1 - part) / 2} ${width * part} ${height * part}`);
    }
    figure.dataset.whole = whole;
  }
}

function zoom(within) {
  for (const figure of within.querySelectorAll("[data-zoom]")) {
    const svg = () => figure.querySelector("svg");
    if (svg()) figure.dataset.whole = svg().getAttribute("viewBox");
    const whole = () => figure.dataset.whole.split(" ").map(Number);
    const read = () => svg().getAttribute("viewBox").split(" ").map(Number);
    const show = view => svg().setAttribute("viewBox", view.join(" "));
    const by = (factor, x, y) => {
      const [left, top, width, height] = read();
      if (width * factor < 60 || width * factor > whole()[2] * 8) return;
      show([x - (x - left) * factor, y - (y - top) * factor, width * factor, height * factor]);
    };
    const middle = factor => { const [left, top, width, height] = read(); by(factor, left + width / 2, top + height / 2); };
    const move = (x, y) => { const [left, top, width, height] = read(); show([left + x * width, top + y * height, width, height]); };
    figure.addEventListener("wheel", event => {
      // Without a key the wheel scrolls the page.
      if (!svg() || (!event.ctrlKey && !event.metaKey && document.activeElement !== figure)) return;
      event.preventDefault();
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg().getScreenCTM().inverse());
      by(Math.exp(Math.sign(event.deltaY) * 0.15), at.x, at.y);
    }, { passive: false });
    let last = null;
    let moved = false;
    figure.addEventListener("pointerdown", event => { if (event.pointerType === "mouse") { last = event; moved = false; } });
    addEventListener("pointerup", () => { last = null; });
    figure.addEventListener("pointermove", event => {
      if (!last || !svg()) return;
      moved ||= Math.abs(event.clientX - last.clientX) + Math.abs(event.clientY - last.clientY) > 3;
      const [left, top, width, height] = read();
      const scale = Math.max(width / svg().clientWidth, height / svg().clientHeight);
      show([left - (event.clientX - last.clientX) * scale, top - (event.clientY - last.clientY) * scale, width, height]);
      last = event;
    });
    figure.addEventListener("dragstart", event => event.preventDefault());
    figure.addEventListener("click", event => {
      const link = event.target.closest?.("a");
      if (moved) { event.preventDefault(); moved = false; return; }
      // A task of the graph comes beside it; with a key, or elsewhere, a link is a link.
      if (!link || !live()?.contains(link) || !link.closest(".graph") || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const address = new URL(link.getAttribute("href"), location.href);
      if (address.pathname !== location.pathname) return;
      event.preventDefault();
      history.pushState(null, "", address);
      refresh();
    });
    figure.addEventListener("keydown", event => {
      const keys = {
        "+": () => middle(0.8), "-": () => middle(1.25), "0": () => show(whole()), ArrowLeft: () => move(-0.1, 0),
        ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, -0.1), ArrowDown: () => move(0, 0.1),
      };
      if (!keys[event.key] || event.target !== figure || !svg()) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
}
addEventListener("popstate", () => { if (live()) refresh(false); });

// A log that is being written: its lines are added as they come.
function logs(within) {
  for (const list of within.querySelectorAll("[data-log]")) {
    const wanted = list.dataset.search.toLowerCase();
    const lines = new EventSource(list.dataset.log);
    // A connection that was lost begins again where the page does.
    const known = list.children.length;
    lines.addEventListener("open", () => { while (list.children.length > known) list.lastChild.remove(); });
    lines.addEventListener("log", event => {
      const isAtEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 40;
      list.querySelector("li.quiet")?.setAttribute("hidden", "");
      for (const text of JSON.parse(event.data).split("\n").slice(0, -1)) {
        if (!text.toLowerCase().includes(wanted)) continue;
        const line = document.createElement("li");
        line.textContent = text;
        list.append(line);
      }
      if (isAtEnd) scrollTo(0, document.documentElement.scrollHeight);
    });
    lines.addEventListener("end", () => lines.close());
  }
}

// j and k go through the links of the first table, / to the search; g and a letter to a page of the project.
let isGoing = false;
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
  const goes = isGoing;
  isGoing = event.key === "g";
  if (goes) {
    const link = document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
  } else if (event.key === "/") {
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
  mark(within);
  graphs(within);
  logs(within);
  watch();
}
prepare(document);
