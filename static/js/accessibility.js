// What the theme and its select boxes leave out for readers of screens.
function complete() {
  document.getElementById("content")?.setAttribute("role", "main"); // they jump between landmarks
  for (const box of document.querySelectorAll(".select2-selection[aria-labelledby]")) {
    const label = box.closest(".select2-container").previousElementSibling?.labels?.[0];
    if (!label) continue;
    for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) part.setAttribute("aria-label", label.innerText.trim());
    box.removeAttribute("aria-labelledby");
  }
}
document.addEventListener("DOMContentLoaded", () => {
  complete();
  new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
});
