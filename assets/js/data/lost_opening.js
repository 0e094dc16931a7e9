/* A page that opens while the server ends has asked for what never comes: it says so, and opens again by itself. */
import { SILENT } from "./server_answers.js";

const AGAIN = 2000; // ms between two looks whether the server is back
const PATH = "_dash-update-component";

/** Whether Dash asks for what a page opens with: nobody asks for that again.
    @type {(body: unknown) => boolean} */
export function isOpening(body) {
  if (typeof body !== "string") return false;
  try {
    const { output, changedPropIds } = JSON.parse(body);
    return output.includes("view.data") || changedPropIds.some((/** @type {string} */ each) => /\.(search|pathname)$/.test(each));
  } catch {
    return false;
  }
}

/** Look at every question of Dash: where one that a page opens with is lost, the page waits for the server. */
export function attach() {
  const plain = window.fetch.bind(window);
  window.fetch = async (input, options) => {
    try {
      const answer = await plain(input, options);
      if (answer.status === 401) sayEnded();
      return answer;
    } catch (error) {
      if (String(input).includes(PATH) && isOpening(options?.body)) wait(plain);
      throw error;
    }
  };
}

let isWaiting = false;
let isEnded = false;

/** The session has ended, by hand in another window or after a while: opening the page anew leads to the sign-in page. */
function sayEnded() {
  if (isEnded) return;
  isEnded = true;
  const note = Object.assign(document.createElement("p"), { className: "lost-server", textContent: "You are signed out. " });
  note.setAttribute("role", "alert");
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Sign in" });
  again.addEventListener("click", () => location.reload());
  note.append(again);
  document.body.append(note);
}

/** @type {(ask: typeof fetch) => Promise<void>} */
async function wait(ask) {
  if (isWaiting) return;
  isWaiting = true;
  const note = Object.assign(document.createElement("p"), { className: "lost-server", textContent: `${SILENT} This page opens once it does.` });
  note.setAttribute("role", "alert");
  document.body.append(note);
  do await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
  while (!await ask("channel").then((response) => response.ok, () => false));
  location.reload();
}
