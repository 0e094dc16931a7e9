/* What all pages share in the browser: a link to another page takes the present view along. */
import { around } from "./elements.js";

/** Pages ignore the words of an address that they do not know.
    @type {(event: Event) => void} */
function carry(event) {
  const link = around(event, ".navigation a");
  if (link) link.search = location.search;
}

/** End the session: what the page is asked for next is the sign-in page. Who signed in elsewhere is led to sign out there
    too, by the address that the server says.
    @type {(event: Event) => Promise<void>} */
async function leave(event) {
  if (!around(event, ".sign-out")) return;
  const answer = await fetch("sign-out", { method: "POST" }).catch(() => null);
  const told = answer?.status === 200 ? await answer.json().catch(() => null) : null;
  if (told?.next) location.assign(told.next);
  else location.reload();
}

/** Listen to the links, which are there as long as the page. */
export function attach() {
  document.addEventListener("pointerdown", carry);
  document.addEventListener("click", carry);
  document.addEventListener("click", leave);
}
