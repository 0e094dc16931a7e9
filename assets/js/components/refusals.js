/* What whoever looks at the page may not do for want of a role, as the server says in the page's head: controls that would be
   refused are switched off, and say which role is needed. The server decides all the same. */

/** @type {Record<string, string> | null} */
let told = null;

/** Why the reader may not do what needs a role; empty where they may.
    @type {(role: string) => string} */
export function refusal(role) {
  told ??= JSON.parse(globalThis.document?.querySelector("meta[name=fusevis-refusals]")?.getAttribute("content") || "{}");
  return /** @type {Record<string, string>} */ (told)[role] ?? "";
}

/** A button as it is for the reader: switched off, with the reason, for want of a role.
    @type {(role: string, button: HTMLButtonElement) => HTMLButtonElement} */
export function unlessMay(role, button) {
  const why = refusal(role);
  if (why) Object.assign(button, { disabled: true, title: why });
  return button;
}
