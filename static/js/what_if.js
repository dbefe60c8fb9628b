// Only the fields of the chosen change are shown; without this all are, and those left empty count not.
const FIELDS = {
  "": [],
  link: ["master", "member", "mode"],
  upgrade: ["member"],
  move: ["member", "master"],
  end: ["member"],
  grant: ["member", "permission"],
  revoke: ["member", "permission"],
  add_discount: ["owner", "product", "rate"],
  share: ["commitment"],
  set_credit_limit: ["owner", "amount"],
};
const ALL = new Set(Object.values(FIELDS).flat());
const change = document.getElementById("id_change");

function show() {
  for (const name of ALL) {
    const row = document.getElementById(`id_${name}`)?.closest(".bo-field");
    if (row) row.hidden = !FIELDS[change.value].includes(name);
  }
}

if (change) {
  change.addEventListener("change", show);
  show();
}
