/* The button that ends a session, on all pages. */
import { around } from "./elements.js";

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

/** Listen to the button, which is there as long as the page. */
export function attach() {
  document.addEventListener("click", leave);
}
