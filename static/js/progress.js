// Watches a run: asks for its progress every two seconds, moves the bar, and reads the page again
// when a step or the run changed its state.
(() => {
  "use strict";
  const EVERY = 2000;

  const watch = (card) => {
    if (card.dataset.finished === "yes") return;
    const bar = card.querySelector(".bo-bar i");
    const text = card.querySelector(".bo-progress-text");
    const look = async () => {
      try {
        const answer = await fetch(card.dataset.watch, { headers: { Accept: "application/json" } });
        if (answer.redirected || !answer.ok) return; // signed out, or gone: stop asking
        const facts = await answer.json();
        if (facts.version !== card.dataset.version) {
          window.location.reload();
          return;
        }
        bar.style.width = `${facts.percent}%`;
        if (facts.text) text.textContent = facts.text;
      } catch {
        // the server is away for a moment: ask again
      }
      window.setTimeout(look, EVERY);
    };
    window.setTimeout(look, EVERY);
  };

  document.querySelectorAll("[data-run-progress]").forEach(watch);
})();
