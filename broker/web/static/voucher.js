// A scanned code stands behind the # of our address. It is kept for this window, out of address and history, until the field for it comes.
const KEPT = "voucher";
const scanned = location.hash.slice(1);
if (scanned) {
  sessionStorage.setItem(KEPT, scanned.slice(0, 60));
  history.replaceState(null, "", location.pathname + location.search);
}
const code = sessionStorage.getItem(KEPT);
const note = document.getElementById("voucher-noted");
if (note && code) note.hidden = false;
const field = document.getElementById("voucher");
if (field) {
  if (code && !field.value) field.value = code;
  field.form.addEventListener("submit", () => sessionStorage.removeItem(KEPT));
}
