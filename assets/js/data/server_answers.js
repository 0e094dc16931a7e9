/* What the server answers, and a sentence of ours where it does not: a browser's own says "Failed to fetch". */

export const SILENT = "The server does not answer; is it still running?";

/** The answer to a request.
    @type {(path: string, options?: RequestInit) => Promise<Response>} */
export async function answerTo(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new Error(SILENT, { cause: error });
  }
}
