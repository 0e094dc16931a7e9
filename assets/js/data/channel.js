/* An open connection for the pointer's questions, where the server has one: the browser's half of dashboard/server/channel.py. */

/** @type {WebSocket | null} */
let socket = null; // an open one
let isWorthTrying = true;
/** @type {{ resolve: (answer: ArrayBuffer) => void, reject: (error: Error) => void }[]} */
const waiting = []; // who waits for an answer; they come in the order of the questions

export const isOpen = () => socket !== null;

/** Connect if the server offers it. Where that failed, e.g. at a firewall, it is not tried again.
    @type {() => Promise<void>} */
export async function open() {
  if (!isWorthTrying) return;
  isWorthTrying = false;
  const { address } = await fetch("channel").then((response) => response.json()).catch(() => ({}));
  const found = socketAddress(address, location.href);
  if (found) connect(found);
}

/** Where a `page` opens what the server has told it, relative to the page as all addresses are; null where it has none or the
    browser would refuse.
    @type {(told: string | null | undefined, page: string) => string | null} */
export function socketAddress(told, page) {
  if (!told) return null;
  const address = new URL(told, page), isEncrypted = page.startsWith("https:");
  if (address.protocol.startsWith("http")) address.protocol = isEncrypted ? "wss:" : "ws:";
  return isEncrypted && address.protocol === "ws:" ? null : address.href;
}

/** A connection that is cut off in silence would be waited for. */
const close = () => socket?.close();

/** @type {(address: string) => void} */
function connect(address) {
  const opening = new WebSocket(address);
  window.addEventListener("offline", close);
  opening.binaryType = "arraybuffer";
  opening.onopen = () => { socket = opening; };
  opening.onmessage = ({ data }) => waiting.shift()?.resolve(data);
  opening.onclose = () => {
    isWorthTrying = isOpen(); // it worked, and may again
    socket = null;
    for (const { reject } of waiting.splice(0)) reject(new Error("The channel was closed."));
  };
}

/** The answer to a question that would otherwise be fetched; rejected when the channel closes before it came.
    @type {(question: string) => Promise<ArrayBuffer>} */
export function ask(question) {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    /** @type {WebSocket} */ (socket).send(question);
  });
}
