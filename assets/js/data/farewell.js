/* A page that goes tells the server so, which gives up at once what it computes for nobody else. */

/** A watcher looks at nothing any more: the server need not go on. A beacon outlives the page.
    @type {(watcher: string) => void} */
export function leave(watcher) {
  navigator.sendBeacon(`explore/leave?${new URLSearchParams({ page: watcher })}`);
}

/** Say farewell for a page whose answers Dash asks for, by the name that stands in its `data-watcher`. */
export function attach() {
  window.addEventListener("pagehide", leaveOwn);
}

function leaveOwn() {
  const page = /** @type {HTMLElement | null} */ (document.querySelector("[data-watcher]"));
  if (page?.dataset.watcher) leave(page.dataset.watcher);
}
