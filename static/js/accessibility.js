// What the theme and its select boxes leave out for readers of screens.
window.addEventListener("load", () => {
  document.getElementById("content")?.setAttribute("role", "main"); // they jump between landmarks
  for (const box of document.querySelectorAll("select + .select2-container .select2-selection")) {
    const select = box.closest(".select2-container").previousElementSibling;
    const label = select.labels[0];
    if (label) box.setAttribute("aria-label", label.innerText.trim()), box.removeAttribute("aria-labelledby");
  }
});
