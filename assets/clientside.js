/* The names that Dash calls in the browser. Each is forwarded to a module of js/, which is imported on the first call. */
(() => {
  "use strict";

  /** Of each of Dash's namespaces: its module, and what is called of it.
      @type {Record<string, string[]>} */
  const CALLED = {
    explore: ["pages/explore", "configure", "choose", "go", "settle", "scattered", "hovered", "clicked"],
    compare: ["pages/compare", "configure", "go", "refer"],
    verdict: ["pages/verdict", "again", "choose", "configure", "settle"],
    regions: ["pages/regions", "attach", "refused", "settle"],
    cohort: ["pages/cohort", "configure"],
    networks: ["pages/networks", "configure", "again", "examined"],
    exporting: ["report", "save"],
    cases: ["cases", "follow"],
  };

  const folder = new URL("js/", /** @type {HTMLScriptElement} */ (document.currentScript).src); // wherever Dash serves its assets
  /** @type {Record<string, any>} */
  const modules = {}; // by folder: a promise, and in its place the module as soon as it is here

  /** Call a function of a module: at once where it is here, so that what is called twice is done in that order.
      @type {(place: string, name: string, values: unknown[]) => unknown} */
  function call(place, name, values) {
    modules[place] ??= load(place);
    const found = modules[place];
    return found instanceof Promise ? found.then((module) => module[name](...values)) : found[name](...values);
  }

  /** @type {(place: string) => Promise<any>} */
  async function load(place) {
    try {
      return modules[place] = await import(new URL(`${place}/callbacks.js`, folder).href);
    } catch (error) {
      delete modules[place]; // the next call tries again
      throw error;
    }
  }

  const dash = window.dash_clientside ??= /** @type {any} */ ({});
  for (const [namespace, [place, ...names]] of Object.entries(CALLED)) {
    dash[namespace] = Object.fromEntries(names.map((name) => [name, (/** @type {unknown[]} */ ...values) => call(place, name, values)]));
  }

  /** What has changed is only told while Dash calls: it is handed on. */
  dash.verdict.pick = (/** @type {unknown[]} */ ...values) => {
    const changed = dash.callback_context.triggered.map((/** @type {{ prop_id: string }} */ each) => each.prop_id);
    return call("pages/verdict", "pick", [changed, ...values]);
  };

  /** Whether somebody types into the choice is only told while Dash calls, too.
      @type {(...values: unknown[]) => unknown} */
  dash.cases.offered = (...values) => {
    const field = document.activeElement;
    return call("cases", "offered", [...values, field instanceof HTMLInputElement && field.dataset.expanded === "true"]);
  };

  /** An option of a choice of networks: its name, and below it how the network stands to the pair.
      @type {(told: { option: { label: string, note?: string, isWarning?: boolean } }) => unknown} */
  const networkOption = ({ option: { label, note, isWarning } }) => React.createElement("div", {}, React.createElement("span", {}, label),
    note && React.createElement("div", { className: isWarning ? "standing warns" : "standing" }, note));

  /** What a search leaves of a choice of pairs: where each of its words stands in what is searched of a pair. A closed choice
      holds no options: a page would make hundreds anew for each slice that is stepped to.
      @type {(asked: { options: { group: string, items: { label: string, searched?: string }[] }[], search: string }) => unknown[]} */
  function caseFilter({ options, search }) {
    const choices = document.getElementById("case-strip")?.dataset.controls?.split(" ");
    if (choices && !choices.includes(document.activeElement?.id ?? "")) return [];
    const plain = (/** @type {string} */ text) => text.toLowerCase().normalize("NFC").replace(/\s*\/\s*/g, "/");
    const words = plain(search).split(/\s+/);
    const isFound = (/** @type {{ label: string, searched?: string }} */ { label, searched }) => words.every((word) => (searched ?? plain(label)).includes(word));
    const left = options.map(({ group, items }) => ({ group, items: items.filter(isFound) }));
    return left.filter(({ items }) => items.length);
  }
  window.dashMantineFunctions = { ...window.dashMantineFunctions, networkOption, caseFilter };

  /** A link to another page takes the present view along; pages ignore the words of an address that they do not know. It is
      listened to from here: a link can be followed before any module is here.
      @type {(event: Event) => void} */
  function carry({ target }) {
    const link = /** @type {HTMLAnchorElement | null} */ (target instanceof Element ? target.closest(".navigation a") : null);
    if (link) link.search = location.search;
  }
  for (const event of ["pointerdown", "click"]) document.addEventListener(event, carry);

  for (const shared of ["data/lost_opening.js", "components/sign_out.js", "viewer/help.js"]) {
    import(new URL(shared, folder).href).then(({ attach }) => attach());
  }
})();
