// The form of a periodic task: what the chosen times of the clock mean, in words.
"use strict";

const known = JSON.parse(document.getElementById("times-in-words").textContent);
const chosen = document.getElementById("id_crontab");
const shown = document.querySelector("[data-times]");

if (chosen && shown) {
  chosen.addEventListener("change", () => {
    shown.textContent = known[chosen.value] || "–";
  });
}
