(() => {
  "use strict";
  const figure = document.querySelector("figure");
  const layer = figure.querySelector(".marks");
  const tip = figure.querySelector("output");
  const whole = figure.querySelector("button");
  const pictures = [...figure.querySelectorAll("svg")];
  const [, , width, height] = layer.getAttribute("viewBox").split(" ").map(Number);
  const MOST = 40, NEAR = 28;

  // The titles are for browsers without this script; with it, they would be shown twice.
  const marks = [...layer.children].map((shape) => {
    const title = shape.querySelector("title");
    const text = title.textContent;
    title.remove();
    const box = shape.getBBox();
    return { shape, text, x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });
  const byShape = new Map(marks.map((mark) => [mark.shape, mark]));

  // What is seen: its upper left corner, and how many times it is enlarged.
  let view = { x: 0, y: 0, zoom: 1 };
  let drag = null, shown = null;

  const place = (event) => {
    const box = layer.getBoundingClientRect();
    const scale = box.width / width * view.zoom;
    return { x: view.x + (event.clientX - box.left) / scale, y: view.y + (event.clientY - box.top) / scale, scale };
  };
  const look = (next) => {
    const zoom = Math.min(MOST, Math.max(1, next.zoom));
    const inside = (from, length) => Math.min(length - length / zoom, Math.max(0, from));
    view = { x: inside(next.x, width), y: inside(next.y, height), zoom };
    const box = [view.x, view.y, width / zoom, height / zoom].join(" ");
    pictures.forEach((picture) => picture.setAttribute("viewBox", box));
    whole.hidden = zoom === 1;
    layer.classList.toggle("near", zoom > 1);
    layer.classList.toggle("far", zoom === 1);
  };
  const zoomAt = (at, by) => {
    const zoom = Math.min(MOST, Math.max(1, view.zoom * by)), share = view.zoom / zoom;
    look({ x: at.x - (at.x - view.x) * share, y: at.y - (at.y - view.y) * share, zoom });
  };
  const nearest = (event) => {
    const under = byShape.get(event.target);
    if (under) return under;
    const at = place(event);
    let best = null, least = NEAR / at.scale;
    for (const mark of marks) {
      const away = Math.hypot(mark.x - at.x, mark.y - at.y);
      if (away < least) { best = mark; least = away; }
    }
    return best;
  };
  const show = (mark, event) => {
    if (shown && shown !== mark) shown.shape.classList.remove("on");
    shown = mark;
    tip.hidden = !mark;
    if (!mark) return;
    mark.shape.classList.add("on");
    tip.textContent = mark.text;
    const { offsetWidth: across, offsetHeight: down } = tip;
    const left = event.clientX + 14 + across > innerWidth ? event.clientX - 14 - across : event.clientX + 14;
    const top = Math.min(innerHeight - down - 4, Math.max(4, event.clientY - down - 12));
    tip.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  };

  layer.addEventListener("pointerdown", (event) => {
    show(nearest(event), event);
    if (view.zoom > 1) {
      drag = { ...place(event), from: view };
      layer.setPointerCapture(event.pointerId);
    }
  });
  layer.addEventListener("pointermove", (event) => {
    if (!drag) return show(nearest(event), event);
    const at = place(event);
    look({ ...view, x: view.x + drag.x - at.x, y: view.y + drag.y - at.y });
  });
  const drop = () => { drag = null; };
  layer.addEventListener("pointerup", drop);
  layer.addEventListener("pointercancel", drop);
  layer.addEventListener("pointerleave", () => drag || show(null));
  layer.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(place(event), Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)));
  }, { passive: false });
  layer.addEventListener("dblclick", () => look({ x: 0, y: 0, zoom: 1 }));
  whole.addEventListener("click", () => look({ x: 0, y: 0, zoom: 1 }));
  addEventListener("keydown", (event) => {
    const middle = { x: view.x + width / view.zoom / 2, y: view.y + height / view.zoom / 2 };
    if (event.key === "+") zoomAt(middle, 1.5);
    if (event.key === "-") zoomAt(middle, 1 / 1.5);
    if (event.key === "0" || event.key === "Escape") look({ x: 0, y: 0, zoom: 1 });
  });
  look(view);
})();
