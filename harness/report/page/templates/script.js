"use strict";
// The page reads whole without this file; it only adds sorting, copying, and the opening of what a link points at.

function compare(a, b, sign) {
  if (a === b) return 0;
  if (a === "") return 1; // what was not measured stays last, in both directions
  if (b === "") return -1;
  const difference = Number(a) - Number(b);
  return sign * (Number.isNaN(difference) ? (a < b ? -1 : 1) : difference);
}

function sortBy(table, column, header) {
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const rows = Array.from(table.tBodies[0].rows).sort((a, b) => compare(key(a), key(b), sign));
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, column, header));
    header.append(button);
  });
}

for (const block of document.querySelectorAll("pre.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(block.firstElementChild);
    try {
      await navigator.clipboard.writeText(block.firstElementChild.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected"; // no clipboard here: the text is selected, ready for the keyboard
    }
  });
  block.after(button);
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  for (let node = target; node !== null; node = node.parentElement) {
    if (node instanceof HTMLDetailsElement) node.open = true;
  }
  target.scrollIntoView();
}

addEventListener("hashchange", openTarget);
openTarget();
