// The box in the head of a table of choices: all of them, or none.
for (const table of document.querySelectorAll("[data-choose]")) {
  const all = table.querySelector("[data-choose-all]");
  const boxes = [...table.tBodies[0].querySelectorAll("input[type=checkbox]")];

  function show() {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  table.tBodies[0].addEventListener("change", show);
  show();
}
