"use strict";
// Readings: what a chart's areas tell stands in the line below it, for a mouse, a finger and arrow keys.
for (const figure of document.querySelectorAll("figure")) {
  const drawing = figure.querySelector(".drawing");
  const line = figure.querySelector(".reading");
  const areas = drawing ? [...drawing.querySelectorAll(".hits path, .cells path")].filter((area) => area.firstElementChild) : [];
  if (areas.length === 0) continue;
  const words = areas.map((area) => {
    const title = area.firstElementChild;
    title.remove(); // The line says it; the browser need not say it again.
    return title.textContent;
  });
  const columns = Number(drawing.dataset.columns || 1);
  const hint = "Point at the chart, or use the arrow keys, to read values.";
  let here = -1;
  const show = (index) => {
    if (here >= 0) areas[here].classList.remove("here");
    here = index;
    if (here >= 0) areas[here].classList.add("here");
    line.textContent = here >= 0 ? words[here] : hint;
    drawing.setAttribute("aria-valuenow", Math.max(here, 0));
    drawing.setAttribute("aria-valuetext", line.textContent);
  };
  const at = (event) => {
    const index = areas.indexOf(document.elementFromPoint(event.clientX, event.clientY));
    if (index >= 0) show(index);
  };
  drawing.tabIndex = 0;
  drawing.setAttribute("role", "slider");
  drawing.setAttribute("aria-label", "Values of: " + figure.querySelector("svg[role=img]").getAttribute("aria-label"));
  drawing.setAttribute("aria-valuemin", 0);
  drawing.setAttribute("aria-valuemax", areas.length - 1);
  drawing.addEventListener("pointerdown", at);
  drawing.addEventListener("pointermove", at);
  drawing.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: columns > 1 ? -columns : 1, ArrowDown: columns > 1 ? columns : -1, PageUp: -10, PageDown: 10 };
    const last = areas.length - 1;
    let next = { Home: 0, End: last, Escape: -1 }[event.key];
    if (next === undefined && event.key in steps) {
      next = here < 0 ? 0 : here + steps[event.key];
      if (columns > 1 && (next < 0 || next > last)) next = here;
      next = Math.min(Math.max(next, 0), last);
    }
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(next);
  });
  show(-1);
}
// Sorting: the headings of a table that may be sorted become buttons.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const up = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => (row.cells[column].dataset.key === undefined ? null : Number(row.cells[column].dataset.key));
      const order = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return up ? x - y : y - x;
      };
      body.append(...[...body.rows].sort(order));
    });
  });
}
// On paper nothing can be opened.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
