"use strict";
// The rows stay where they are, out of sight and so never laid out; those to be seen are copied
// from there, some at a time. Paper gets the rows themselves.
(() => {
  const STEP = 200;
  const get = (id) => document.getElementById(id);
  const [search, status, clear, found, more, shown] =
    ["search", "status", "clear", "found", "more", "shown"].map(get);
  const rows = Array.from(get("all").rows);
  const table = get("all").parentNode;
  const wasMany = table.classList.contains("many");
  let texts = null;
  let cause = "";
  let matches = rows;
  let upTo = 0;

  const grouped = (number) => number.toLocaleString("en-US");

  function showMore() {
    const part = document.createDocumentFragment();
    const end = Math.min(upTo + STEP, matches.length);
    for (; upTo < end; upTo += 1) {
      const row = part.appendChild(matches[upTo].cloneNode(true));
      row.hidden = false;
      // On a narrow screen rows are no table to the eye; to a screen reader they stay one.
      row.setAttribute("role", "row");
      for (const cell of row.cells) cell.setAttribute("role", "cell");
    }
    shown.appendChild(part);
    more.hidden = upTo === matches.length;
    found.textContent = (matches.length === rows.length ? "" : grouped(matches.length) + " of ") +
      grouped(rows.length) + (rows.length === 1 ? " row" : " rows") +
      (more.hidden ? "" : ", the first " + grouped(upTo) + " are shown");
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length > 0 && texts === null) {
      texts = rows.map((row) => Array.from(row.cells, (cell) => cell.textContent).join(" ").toLowerCase());
    }
    matches = rows.filter((row, at) =>
      (status.value === "" || row.className === status.value) &&
      (cause === "" || row.dataset.cause === cause) &&
      words.every((word) => texts[at].includes(word)));
    clear.hidden = matches.length === rows.length && cause === "" && status.value === "";
    shown.textContent = "";
    upTo = 0;
    showMore();
  }

  search.addEventListener("input", filter);
  status.addEventListener("change", () => {
    cause = "";
    filter();
  });
  more.addEventListener("click", showMore);
  clear.addEventListener("click", () => {
    search.value = status.value = cause = "";
    filter();
    search.focus();
  });
  for (const button of document.querySelectorAll("button.show")) {
    button.addEventListener("click", () => {
      search.value = status.value = "";
      cause = button.dataset.cause;
      filter();
      get("rows").scrollIntoView();
      clear.focus({ preventScroll: true });
    });
  }
  addEventListener("beforeprint", () => {
    const chosen = new Set(matches);
    for (const row of rows) row.hidden = !chosen.has(row);
    const isMany = wasMany && matches.length === rows.length;
    table.classList.toggle("many", isMany);
    const note = document.querySelector(".printed");
    if (note) note.hidden = !isMany;
  });
  // A browser may bring back what was typed before the page was loaded again.
  filter();
})();
