/* An open connection for the pointer's questions, where the server has one: the browser's half of dashboard/server/websocket.py. */

let socket = null; // an open one
let isWorthTrying = true;
const waiting = []; // who waits for an answer; they come in the order of the questions

export const isOpen = () => socket !== null;

/** Connect if the server offers it. Where that failed, e.g. at a firewall, it is not tried again. */
export async function open() {
  if (!isWorthTrying) return;
  isWorthTrying = false;
  const { port } = await fetch("channel").then((response) => response.json()).catch(() => ({}));
  if (port && location.protocol === "http:") connect(`ws://${location.hostname}:${port}/`);
}

/** A connection that is cut off in silence would be waited for. */
const close = () => socket?.close();

function connect(address) {
  const opening = new WebSocket(address);
  window.addEventListener("offline", close);
  opening.binaryType = "arraybuffer";
  opening.onopen = () => { socket = opening; };
  opening.onmessage = ({ data }) => waiting.shift().resolve(data);
  opening.onclose = () => {
    isWorthTrying = isOpen(); // it worked, and may again
    socket = null;
    for (const { reject } of waiting.splice(0)) reject(new Error("The channel was closed."));
  };
}

/** The answer to a question that would otherwise be fetched; rejected when the channel closes before it came. */
export function ask(question) {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    socket.send(question);
  });
}
