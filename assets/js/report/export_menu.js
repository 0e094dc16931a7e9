/* Export: fetch the file that the menu asks for, wait with progress while guidance is still computed. */
import { byId } from "../components/elements.js";
import { allowed } from "../data/guidance_requests.js";

const NOT_YET = 202; // status of an answer that is still computed
const AGAIN = 700; // ms between two questions whether guidance is finished
const VIEW = ["pair", "network", "row", "col", "window", "gamma1", "gamma2", "display", "colormap", "color", "region", "ring"];
const MOST_NETWORKS = 7;
const DICOM = ["capture", "map"]; // formats that can hold a patient's name

let current = 0; // a newer export takes the place of one that still waits

/** @type {(sentence: string) => void} */
const tell = (sentence) => { byId("export-status").textContent = sentence; };
/** @type {(ms: number) => Promise<void>} */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Address of a file: the view as the page's address has it, and the menu's choices.
    @type {(what: string, format: string, dpi: string, networks: string[], isShared: boolean,
            keepsIdentifiers?: boolean) => string} */
export function addressOf(what, format, dpi, networks, isShared, keepsIdentifiers = false) {
  const view = new URLSearchParams(location.search);
  const words = new URLSearchParams({ dpi, shared: isShared ? "1" : "0", percent: String(allowed.percent) });
  for (const name of VIEW) if (view.has(name)) words.set(name, view.get(name) ?? "");
  const [kind, panel] = what.startsWith("panel-") ? what.split("-") : [what, null];
  if (panel) words.set("panel", panel);
  if (keepsIdentifiers && DICOM.includes(format)) words.set("identifiers", "1");
  const shown = (view.get("networks") || view.get("network") || "").split(",");
  words.set("networks", namesFor(kind, shown, networks).join(","));
  return `export/${kind}.${format}?${words}`;
}

/** The page's own networks first, the others beside them where a figure holds several.
    @type {(kind: string, shown: string[], networks: string[]) => string[]} */
function namesFor(kind, shown, networks) {
  if (kind === "panel" || kind === "explore") return shown.slice(0, 1);
  return [...new Set([...shown, ...networks])].slice(0, MOST_NETWORKS);
}

/** @type {(...choices: Parameters<typeof addressOf>) => Promise<void>} */
export const save = (...choices) => fetched(addressOf(...choices));

/** Save the file of an address once it can be made; `say` is told how far it is.
    @type {(address: string, say?: (sentence: string) => void) => Promise<void>} */
export async function fetched(address, say = tell) {
  const mine = current += 1;
  say("Making the file…");
  try {
    for (;;) {
      const response = await fetch(address);
      if (mine !== current) return;
      const isLater = response.status === NOT_YET;
      if (response.ok && !isLater) return await deliver(response, say);
      const answer = await response.json();
      say(isLater ? progress(answer) : answer.error);
      if (!isLater) return;
      await pause(AGAIN);
      if (mine !== current) return;
    }
  } catch {
    if (mine === current) say("The server does not answer; is it still running?");
  }
}

/** @type {(answer: { error: string, done?: number, total?: number }) => string} */
function progress({ error, done = 0, total }) {
  return total ? `Waiting for guidance: ${Math.floor((100 * done) / total)} %. ${error}` : error;
}

/** @type {(response: Response, say: (sentence: string) => void) => Promise<void>} */
async function deliver(response, say) {
  const [, name] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? ["", "export"];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  const note = response.headers.get("Export-Note");
  say(`${name} is saved.${note ? ` ${note}` : ""}`);
}
