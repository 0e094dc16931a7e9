/* What a browser keeps of a page from one visit to the next. One may keep nothing: then nothing was chosen before. */

/** @type {(name: string, value: string) => void} */
export function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* it lasts until the page is left */ }
}

/** @type {(name: string) => string | null} */
export function recall(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

/** A list that was kept; empty where none was.
    @type {(name: string) => any[]} */
export function recallList(name) {
  try {
    const found = JSON.parse(recall(name) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch { return []; }
}
