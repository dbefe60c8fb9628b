// The theme's page has no landmarks for its parts: readers of screens jump between these.
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("content")?.setAttribute("role", "main");
});
