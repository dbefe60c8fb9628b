// What the theme and its select boxes leave out for readers of screens.
function complete() {
  document.getElementById("content")?.setAttribute("role", "main"); // they jump between landmarks
  const words = document.documentElement.lang.startsWith("zh") ? "可滚动的内容" : "Content that scrolls";
  for (const part of document.querySelectorAll(".simplebar-content-wrapper")) {
    if (part.getAttribute("aria-label") !== words) part.setAttribute("aria-label", words);
  }
  for (const box of document.querySelectorAll(".select2-selection[aria-labelledby]")) {
    const label = box.closest(".select2-container").previousElementSibling?.labels?.[0];
    if (!label) continue;
    for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) part.setAttribute("aria-label", label.innerText.trim());
    box.removeAttribute("aria-labelledby");
  }
  for (const field of document.querySelectorAll(".select2-selection--multiple .select2-search__field:not([aria-label])")) {
    const label = field.closest(".select2-container").previousElementSibling?.labels?.[0];
    if (label) field.setAttribute("aria-label", label.innerText.trim());
  }
}
document.addEventListener("DOMContentLoaded", () => {
  complete();
  new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
});
