/* Sending dropped files: what they are, then all their bytes as one stream, a piece a request. */

/** @typedef {import("./dropped_paths.js").DroppedFile} DroppedFile */

/** What the server says in a sentence, and whether a word of the user's would change that. */
export class Refused extends Error {
  /** @param {string} sentence @param {string} [undeclared] the drop that waits for that word */
  constructor(sentence, undeclared = "") {
    super(sentence);
    this.undeclared = undeclared;
  }
}

/** Send files; the secret of the drop, once the server has read them. What was sent is removed where that fails.
    @type {(files: DroppedFile[], number: number, told: (sent: number, of: number) => void, signal: AbortSignal) => Promise<{ drop: string, remarks: string[] }>} */
export async function send(files, number, told, signal) {
  const list = files.map(({ path, file: { size } }) => ({ path, size }));
  const begun = await asked("drops", { body: JSON.stringify({ number, files: list }), headers: { "Content-Type": "application/json" }, signal });
  const { drop, piece } = begun;
  try {
    const whole = new Blob(files.map(({ file }) => file)); // no byte is read before it is sent
    for (let at = 0; at < whole.size; at += piece) {
      told(at, whole.size);
      await asked(`drops/piece?${new URLSearchParams({ drop, at: String(at) })}`, { body: whole.slice(at, at + piece), signal });
    }
    told(whole.size, whole.size);
    return { drop, ...await read(drop, false, signal) };
  } catch (error) {
    if (!(error instanceof Refused && error.undeclared)) await remove(drop);
    throw error;
  }
}

/** Let the server read a drop whose files have come.
    @type {(drop: string, isSameSpace: boolean, signal: AbortSignal | null) => Promise<{ remarks: string[] }>} */
export const read = (drop, isSameSpace, signal) =>
  asked(`drops/pairs?${new URLSearchParams({ drop, "same-space": isSameSpace ? "1" : "0" })}`, { signal }, drop);

/** Remove a drop from the server; it may be gone already.
    @type {(drop: string) => Promise<void>} */
export async function remove(drop) {
  await fetch(`drops/remove?${new URLSearchParams({ drop })}`, { method: "POST" }).catch(() => null);
}

/** @type {(path: string, how: RequestInit, drop?: string) => Promise<any>} */
async function asked(path, how, drop = "") {
  let response;
  try {
    response = await fetch(path, { method: "POST", ...how });
  } catch (error) {
    if (how.signal?.aborted) throw error;
    throw new Refused("The files cannot be sent: the server does not answer, or one was changed or moved meanwhile.");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refused(answer.error ?? `The server refused the files (${response.status}); reload the page.`, answer.undeclared ? drop : "");
}
