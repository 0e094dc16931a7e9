/* What a person would see of a page's texts and controls, measured: too small, cut, overprinted, out of reach.

   A script, not a module: a test evaluates it in the page, and then calls `pageChecks.…`. Every function gives a
   list of sentences with a selector and the text, empty where all is well. */
globalThis.pageChecks = (() => {
  "use strict";

  const LEAST_TEXT = 12; // CSS pixels
  const SLACK = 1.5; // CSS pixels that glyphs may stand out: boxes lie on fractions of pixels
  const LEAST_TARGET = 12; // CSS pixels of a control that have to be in sight
  const LEAST_CONTRAST = 3; // of what shows the focus, to what lies beside it
  const FRAMES = 5; // elements around a field, itself first, of which one may show the focus in its place
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";

  // ---- what stands where

  const isScrolled = (value) => value === "auto" || value === "scroll";
  const isClipped = (value) => value !== "visible";

  /** An element as a person finds it in the page: its id or classes, and those of what it lies in. */
  function selector(element) {
    const words = [];
    for (let each = element; each && each !== document.body && words.length < 3; each = each.parentElement) {
      const kinds = [...each.classList].filter((name) => !/^m_|^mantine-[a-z0-9]{6,}$/.test(name)).slice(0, 2);
      words.unshift(each.id ? `#${each.id}` : [each.localName, ...kinds].join("."));
      if (each.id) break;
    }
    return words.join(" > ");
  }

  /** Elements around one, itself first. */
  function* around(element) {
    for (let each = element; each; each = each.parentElement) yield each;
  }

  /** Whether only a screen reader is told this: a box of a pixel. */
  function isForReaders(element) {
    return [...around(element)].some((each) => {
      const style = getComputedStyle(each);
      if (style.clipPath === "inset(50%)" || style.clip === "rect(0px, 0px, 0px, 0px)") return true;
      const isOut = isClipped(style.overflowX) && !(each instanceof SVGElement);
      return isOut && (each.clientWidth <= 1 || each.clientHeight <= 1) && style.position === "absolute";
    });
  }

  function isShown(element) {
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !isForReaders(element);
  }

  /** A rectangle with its height cut to that of the letters: lines are set closer than fonts ask for. */
  function lettersOf(rect, size) {
    const spare = Math.max((rect.height - size) / 2, 0);
    return { left: rect.left, right: rect.right, top: rect.top + spare, bottom: rect.bottom - spare };
  }

  const crossed = (one, other) => ({
    left: Math.max(one.left, other.left), right: Math.min(one.right, other.right),
    top: Math.max(one.top, other.top), bottom: Math.min(one.bottom, other.bottom),
  });
  const isEmpty = ({ left, right, top, bottom }, slack = 0) => right - left <= slack || bottom - top <= slack;

  /** Every line of text that is shown: {text, element, size, rect}; what is typed into a field is not text here. */
  const lines = () => linesAtOnce ?? linesNow();
  let linesAtOnce = null; // for several checks of one moment

  function linesNow() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || !element || /^(script|style|noscript|title|desc)$/.test(element.localName)) continue;
      if (!isShown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const size = parseFloat(getComputedStyle(element).fontSize);
      for (const rect of range.getClientRects()) {
        if (rect.width > 0) found.push({ text: node.textContent.trim(), element, size, rect: lettersOf(rect, size) });
      }
    }
    return found;
  }

  /** The inner edges of an element: what it clips, or scrolls, lies in them. */
  function innerOf(element) {
    const { left, top } = element.getBoundingClientRect();
    const start = left + element.clientLeft, above = top + element.clientTop;
    return { left: start, right: start + element.clientWidth, top: above, bottom: above + element.clientHeight };
  }

  /** What clips an element, from inside to outside: {element, x, y}, each "visible", "hidden", "auto", … */
  function clippers(element) {
    const found = [];
    let isFixed = false;
    for (const each of around(element)) {
      const style = getComputedStyle(each);
      const isPage = each === document.documentElement || each === document.body;
      if (!isPage && !isFixed && (isClipped(style.overflowX) || isClipped(style.overflowY)) && each.clientWidth) {
        found.push({ element: each, x: style.overflowX, y: style.overflowY });
      }
      isFixed ||= style.position === "fixed";
    }
    return found;
  }

  /** What of a rectangle is shown, in the window or after scrolling the page. */
  function visiblePart(element, rect) {
    return clippers(element).reduce((left, each) => crossed(left, innerOf(each.element)), rect);
  }

  // ---- what must not be

  /** Texts in letters of less than 12 px. */
  function small() {
    const found = lines().filter(({ size }) => size < LEAST_TEXT - 0.01);
    return told(found, ({ size }) => `${size.toFixed(1)} px`);
  }

  /** Texts of which a part is hidden by an edge and cannot be scrolled to, unless their title says all of it. */
  function cut() {
    const found = [];
    for (const line of lines()) {
      let { rect } = line;
      for (const { element, x, y } of clippers(line.element)) {
        const edge = innerOf(element);
        const beyondX = Math.max(edge.left - rect.left, rect.right - edge.right);
        const beyondY = Math.max(edge.top - rect.top, rect.bottom - edge.bottom);
        const isCut = (!isScrolled(x) && beyondX > SLACK) || (!isScrolled(y) && beyondY > SLACK);
        if (isCut && !isTitled(line, element)) found.push({ ...line, by: element });
        if (isCut) break;
        rect = crossed(rect, edge);
        if (isEmpty(rect)) break; // scrolled away: it is whole where it is scrolled to
      }
    }
    return told(found, ({ by }) => `cut by ${selector(by)}`);
  }

  function isTitled({ element, text }, clipper) {
    const plain = (words) => words.replace(/\s+/g, " ");
    for (const each of around(element)) {
      if (each.title && plain(each.title).includes(plain(text))) return true;
      if (each === clipper) return false;
    }
    return false;
  }

  /** Texts wider than the box that they are laid out in. */
  function spilled() {
    const found = [];
    for (const line of lines()) {
      const box = boxOf(line.element);
      if (!box || line.element instanceof SVGElement) continue;
      const edge = box.getBoundingClientRect();
      const beyond = Math.max(edge.left - line.rect.left, line.rect.right - edge.right);
      if (beyond > SLACK && !isClipped(getComputedStyle(box).overflowX)) found.push({ ...line, box });
    }
    return told(found, ({ box }) => `wider than ${selector(box)}`);
  }

  function boxOf(element) {
    return [...around(element)].find((each) => !/^(inline|contents)$/.test(getComputedStyle(each).display));
  }

  /** Texts of which one stands on another. */
  const overprinted = () => hitting(() => {
    const shown = lines().map((line) => ({ ...line, rect: visiblePart(line.element, line.rect) }))
      .filter(({ rect }) => !isEmpty(rect, SLACK)).sort((one, other) => one.rect.top - other.rect.top);
    const found = [];
    shown.forEach((line, number) => {
      for (let next = number + 1; next < shown.length && shown[next].rect.top < line.rect.bottom; next += 1) {
        const other = shown[next], both = crossed(line.rect, other.rect);
        if (line.element === other.element || isEmpty(both, SLACK)) continue;
        if (isSeen(line.element, both) && isSeen(other.element, both)) found.push({ ...line, other });
      }
    });
    return told(found, ({ other }) => `over “${other.text.slice(0, 40)}” of ${selector(other.element)}`);
  });

  /** What a function finds while every element can be hit, also those that let the pointer through. */
  function hitting(find) {
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent = "* { pointer-events: auto !important; }";
    try {
      return find();
    } finally {
      style.remove();
    }
  }

  /** Whether nothing opaque lies over an element at a place; outside the window that cannot be told. */
  function isSeen(element, { left, right, top, bottom }) {
    const x = (left + right) / 2, y = (top + bottom) / 2;
    for (const each of document.elementsFromPoint(x, y)) {
      if (each === element || each.contains(element)) return true;
      if (/^(canvas|img|video)$/.test(each.localName) || alphaOf(getComputedStyle(each).backgroundColor) > 0.95) return false;
    }
    return true;
  }

  /** Controls that cannot be brought into the window by scrolling, or only by scrolling the whole page sideways. */
  function unreachable() {
    const found = [];
    for (const element of document.querySelectorAll(FOCUSABLE)) {
      if (!isShown(element) || element.tabIndex < 0) continue;
      const problem = whyUnreachable(element);
      if (problem) found.push({ element, text: nameOf(element), problem });
    }
    return told(found, ({ problem }) => problem);
  }

  function whyUnreachable(element) {
    let rect = element.getBoundingClientRect();
    for (const { element: clipper, x, y } of clippers(element.parentElement)) {
      const edge = innerOf(clipper);
      const seen = crossed(rect, edge); // what is cut a little can still be pressed, and its text is looked at above
      const isHidden = (!isScrolled(x) && seen.right - seen.left < Math.min(LEAST_TARGET, rect.right - rect.left) - SLACK)
        || (!isScrolled(y) && seen.bottom - seen.top < Math.min(LEAST_TARGET, rect.bottom - rect.top) - SLACK);
      if (isHidden) return `hidden by ${selector(clipper)}`;
      rect = crossed(rect, edge);
      if (isEmpty(rect)) rect = { ...edge }; // scrolled away: then it lies at most where its box does
    }
    if (rect.left < -SLACK || rect.right > innerWidth + SLACK) return "beside the window";
    const { scrollHeight } = document.documentElement;
    if (rect.top + scrollY < -SLACK || rect.bottom + scrollY > scrollHeight + SLACK) return "off the page";
    return "";
  }

  /** Whether the page is wider than the window. */
  function wide() {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth + SLACK ? [`the page is ${scrollWidth} px wide in a window of ${clientWidth}`] : [];
  }

  // ---- focus

  function alphaOf(color) {
    const [, , , alpha = 1] = partsOf(color);
    return alpha;
  }

  /** Red, green, blue from 0 to 255 and alpha from 0 to 1 of a computed colour. */
  function partsOf(color) {
    const context = partsOf.context ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
      .getContext("2d", { willReadFrequently: true });
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  /** WCAG 2's contrast of two opaque colours, from 1 to 21. */
  function contrast(one, other) {
    const luminance = (color) => {
      const [red, green, blue] = partsOf(color).slice(0, 3).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const [dark, light] = [luminance(one), luminance(other)].sort((first, second) => first - second);
    return (light + 0.05) / (dark + 0.05);
  }

  function groundOf(element) {
    const opaque = [...around(element)].find((each) => alphaOf(getComputedStyle(each).backgroundColor) > 0.95);
    return opaque ? getComputedStyle(opaque).backgroundColor : "white";
  }

  /** Why the element with the focus does not show it; empty where it does, or where nothing has it.

      A field that is hidden shows it at what is drawn in its place: beside or around it. */
  function focusProblem() {
    const element = document.activeElement;
    if (!element || element === document.body) return "";
    const places = [...(element.parentElement?.children ?? []), ...[...around(element)].slice(0, FRAMES)];
    if (places.some((each) => each && showsFocus(each))) return "";
    return told([{ element, text: nameOf(element) }], () => `focus: ${getComputedStyle(element).outline}`)[0];
  }

  function showsFocus(element) {
    const style = getComputedStyle(element), { width, height } = element.getBoundingClientRect();
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1.5 || width < 3 || height < 3) return false;
    if (style.opacity === "0" || isForReaders(element)) return false;
    const ground = groundOf(parseFloat(style.outlineOffset) < 0 ? element : element.parentElement ?? element);
    return contrast(style.outlineColor, ground) >= LEAST_CONTRAST;
  }

  const nameOf = (element) => element.getAttribute("aria-label") || element.textContent.trim() || element.id || element.type || "";

  /** The elements that a key reaches, as sentences; what has the focus is the last word of the test. */
  const focused = () => (document.activeElement === document.body ? "" : selector(document.activeElement));

  function told(found, what) {
    const sentences = found.map((each) => `${selector(each.element)} “${(each.text ?? "").slice(0, 60)}”: ${what(each)}`);
    return [...new Set(sentences)];
  }

  /** Words that lead to a term which the glossary does not have. */
  function unknownTerms() {
    const known = [...document.querySelectorAll("#help dt")].map((each) => each.textContent);
    return [...document.querySelectorAll("[data-term]")].map((each) => each.dataset.term).filter((name) => !known.includes(name));
  }

  function layout() {
    linesAtOnce = linesNow();
    try {
      return [...small(), ...cut(), ...spilled(), ...overprinted(), ...unreachable(), ...wide()];
    } finally {
      linesAtOnce = null;
    }
  }

  return { layout, small, cut, spilled, overprinted, unreachable, wide, focusProblem, focused, unknownTerms };
})();
