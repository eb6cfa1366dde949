"use strict";
// The page reads whole without this file; it only adds the filter, and opens the part that a link points at.

const parts = Array.from(document.querySelectorAll("details.ledger"));
const all = (node, what) => Array.from(node.querySelectorAll(what), (one) => one.textContent);
// The class of a link is the last letter of what it leads to, where that is another kind than its neighbours.
const KINDS = { m: "claim", l: "cell", e: "figure" };
const rows = [];
for (const list of document.querySelectorAll("details.ledger dl")) {
  let report = null;
  for (const term of list.querySelectorAll("dt:has(b)")) {
    const said = term.nextElementSibling;
    report = said.querySelector("a[href], u") ?? report;
    const level = term.childNodes[1]?.nodeType === Node.TEXT_NODE ? term.childNodes[1].textContent.trim() : "";
    rows.push({
      term,
      said,
      list,
      verdict: all(term, "b"),
      level: level === "" ? [] : [level],
      flag: all(term, "em"),
      suite: [report.textContent],
      text: [list.previousElementSibling, term, report, said].map((one) => one.textContent).join(" ").toLowerCase(),
    });
    for (const name of said.querySelectorAll("a:not([href])")) {
      const kind = KINDS[name.className] ?? list.parentElement.dataset.of;
      name.href = `${report.getAttribute("href")}#${kind}-${name.textContent.replaceAll(".", "-")}`;
    }
  }
}
const LABELS = { verdict: "Verdict", level: "Level of evidence", flag: "Flag", suite: "Table or figure" };

function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}

function choice(name) {
  const select = document.createElement("select");
  select.name = name;
  const values = [...new Set(rows.flatMap((one) => one[name]))].sort();
  select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
  return labelled(LABELS[name], select);
}

function show(form, found) {
  const wanted = Object.fromEntries(new FormData(form));
  const search = wanted.text.trim().toLowerCase();
  const chosen = Object.keys(LABELS).filter((name) => wanted[name] !== "");
  const active = chosen.length > 0 || search !== "";
  let count = 0;
  for (const one of rows) {
    const fits = chosen.every((name) => one[name].includes(wanted[name])) && one.text.includes(search);
    one.term.hidden = one.said.hidden = !fits;
    count += fits ? 1 : 0;
  }
  for (const part of parts) {
    for (const list of part.querySelectorAll("dl")) {
      const none = active && list.querySelector("dt:has(b):not([hidden])") === null;
      list.hidden = list.previousElementSibling.hidden = none;
    }
    part.open = active && part.querySelector("dl:not([hidden])") !== null;
  }
  found.textContent = active ? `${count} of ${rows.length} rows` : "";
}

if (rows.length > 0) {
  const form = document.createElement("form");
  form.className = "filter";
  form.setAttribute("role", "search");
  const search = document.createElement("input");
  search.type = "search";
  search.name = "text";
  const found = document.createElement("output");
  form.append(...Object.keys(LABELS).map(choice), labelled("Text", search), found);
  form.addEventListener("input", () => show(form, found));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("#ledger > .note").after(form);
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target === null) return;
  const part = target.closest("details");
  if (part !== null) part.open = true;
  target.scrollIntoView();
}

addEventListener("hashchange", openTarget);
openTarget();
