/* Elements of the page, made in one expression. */
window.FuseVis = window.FuseVis || {};

FuseVis.dom = (() => {
  "use strict";

  /** A new element with its properties and what stands in it. */
  function made(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  return { made };
})();
