/* What all pages share in the browser: a link to another page takes the present view along. */
window.FuseVis = window.FuseVis || {};

FuseVis.site = (() => {
  "use strict";

  /** Pages ignore the words of an address that they do not know. */
  function carry(event) {
    const link = event.target.closest?.(".navigation a");
    if (link) link.search = location.search;
  }

  document.addEventListener("pointerdown", carry);
  document.addEventListener("click", carry);

  return { carry };
})();
