"use strict";
// On a narrow screen every number stands behind the name of its column.
for (const table of document.querySelectorAll("table")) {
  const names = Array.from(table.tHead.rows[0].cells, (heading) => heading.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    Array.from(row.cells).forEach((cell, column) => { cell.dataset.label = names[column]; });
  }
}
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const body = heading.closest("table").tBodies[0];
    const column = Array.from(heading.parentNode.children).indexOf(heading);
    const descending = heading.getAttribute("aria-sort") !== "descending";
    const key = (row) => row.children[column].dataset.key;
    const order = (a, b) => {
      const numbers = [Number(key(a)), Number(key(b))];
      return numbers.some(Number.isNaN) ? key(b).localeCompare(key(a)) : numbers[1] - numbers[0];
    };
    const rows = Array.from(body.rows).sort((a, b) => (descending ? order(a, b) : order(b, a)));
    body.append(...rows);
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  });
}
