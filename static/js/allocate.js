// The running sums under the table of allocation, in whole minor units: no floats. The service
// judges; this only helps to see. And a box that hides the rows of other members.
const table = document.querySelector("[data-allocate]");
if (table) {
  const places = Number(table.dataset.places);
  const sums = document.querySelector("[data-allocate-sum]");

  function units(text) {
    const found = text.replaceAll(",", "").trim().match(/^([+-]?)(\d+)(?:\.(\d*))?$/);
    if (!found) return 0n;
    const fraction = (found[3] ?? "").slice(0, places).padEnd(places, "0");
    const whole = BigInt(found[2] + fraction);
    return found[1] === "-" ? -whole : whole;
  }

  function plain(amount) {
    const digits = String(amount).padStart(places + 1, "0");
    const head = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
    return places ? `${head}.${digits.slice(-places)}` : head;
  }

  function add() {
    let plus = 0n, minus = 0n, count = 0;
    for (const cell of table.querySelectorAll("input.bo-cell")) {
      const amount = units(cell.value);
      if (amount > 0n) plus += amount; else minus -= amount;
      if (amount) count += 1;
    }
    sums.hidden = count === 0;
    const said = { plus: plain(plus), minus: plain(minus), count };
    for (const part of sums.querySelectorAll("[data-sum]")) part.textContent = said[part.dataset.sum];
  }

  table.addEventListener("input", add);
  document.querySelector("[data-allocate-find]").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    }
  });
  document.querySelector("[data-allocate-find]").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  add();
}
