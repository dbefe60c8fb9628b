// Keys that save the way to the mouse. What each does stands in finance_mgmt/admin/shortcuts.py;
// "/" in lists and Ctrl+K are Unfold's own. Nothing happens while somebody types in a field.
(() => {
  "use strict";
  const GO = { d: "", a: "finance_mgmt/account/", b: "billing/bill/", f: "files/" };
  const root = "/admin/";
  let pending = "";

  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("#result_list tr.data-row")];
  const linkOf = (row) => row.querySelector("th a, td a");
  const press = (element) => element && (element.click(), true);

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((row) => row.classList.contains("bo-row-now"));
    const next = all[Math.min(all.length - 1, Math.max(0, now + step))] ?? all[0];
    all.forEach((row) => row.classList.toggle("bo-row-now", row === next));
    linkOf(next)?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  async function help() {
    let dialog = document.querySelector("dialog.bo-dialog");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "bo-dialog";
      const answer = await fetch(`${root}shortcuts/`, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok || answer.redirected) return;
      dialog.innerHTML = await answer.text();
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      document.body.append(dialog);
    }
    if (dialog.open) dialog.close(); else dialog.showModal();
  }

  function save() {
    const button = document.querySelector(
      "form button[name=_save], form input[name=_save], .bo-form-foot button.is-primary, form.bo-form button[type=submit]",
    );
    return press(button);
  }

  function open(selector) {
    const menu = document.querySelector(selector);
    if (!menu) return;
    menu.open = true;
    menu.querySelector(".bo-menu-list input:not([type=hidden]), .bo-menu-list button")?.focus();
  }

  const KEYS = {
    "?": help,
    j: () => move(1),
    k: () => move(-1),
    e: () => open("details.bo-menu:not(.is-left)"),
    s: () => open("details.bo-menu.is-left"),
    g: () => { pending = "g"; window.setTimeout(() => { pending = ""; }, 1200); },
  };

  window.addEventListener("keydown", (event) => {
    if (event.key === "s" && (event.ctrlKey || event.metaKey) && save()) return event.preventDefault();
    if (event.key === "Escape") document.querySelectorAll("details[data-menu][open]").forEach((one) => { one.open = false; });
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
    if (pending && event.key in GO) {
      window.location.assign(root + GO[event.key]);
      return event.preventDefault();
    }
    pending = "";
    const act = KEYS[event.key];
    if (!act) return undefined;
    event.preventDefault();
    return act();
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details[data-menu][open]").forEach((one) => {
      if (!one.contains(event.target)) one.open = false;
    });
  });
})();
