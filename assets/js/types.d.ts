/* Types that several modules share, for the type checker alone: no browser loads this file. */

interface Pixel { row: number; col: number }
/** Of an image in pixels, which are drawn `aspect` times as high as wide, 1 unless told; or of a frame. */
interface Size { width: number; height: number; aspect?: number }
/** So many rows and columns of an image that share a pixel of a picture, or of the screen. */
interface Block { down: number; across: number }
/** The upper left corner of a window, in pixels of the image. */
interface Corner { top: number; left: number }

/** An array of an answer, row by row. */
type Values = Float32Array<ArrayBuffer> & { shape: number[] };
type Bytes = Uint8Array<ArrayBuffer> & { shape: number[] };
/** An answer of the fast path: its header, its arrays by name, and the bytes that it takes. */
interface Message { about: any; arrays: Record<string, any>; size: number }
/** Messages that followed one another; when they were here, and how long the server took (ms). */
type Messages = Message[] & { arrived: number; handled: number };
/** What is asked, as words of an address. */
type Words = Record<string, any>;
/** When a pixel was pointed at, asked for, answered and painted, in ms of performance.now. */
type Timing = Pixel & { event: number } & Record<string, any>;

type Display = "magnitude" | "signed" | "fusevis";
/** How values become colours. */
interface Scale { limit: number; gamma: number; display: Display; colormap: string }

/** A canvas, its pixels as RGBA words, and how the words are brought to it. */
interface Picture extends Size {
  canvas: HTMLCanvasElement;
  words: Uint32Array;
  show(): void;
  showPart(left: number, top: number, cols: number, rows: number): void;
  step?: number;
  patch?: Patch;
  ground?: number;
  isEmptyAround?: boolean;
  /** Whether pixels of it are not known: they are clear, and a hatch shows through. */
  hasGaps?: boolean;
  spot?: Corner & { rows: number; cols: number };
  /** What is seen over it, and how much of that, from 0 to 1. */
  over?: { picture: Picture; part: number; clip?: Path2D; note?: string };
  /** How it is dragged over the others, before it is computed there: pixels, degrees clockwise about a place. */
  shift?: Shift | null;
  /** What marks some of its pixels. */
  brush?: Brush | null;
  /** Paints blocks of its pixels in one; where it shows values. */
  coarsen?(made: Picture, block: Block): void;
  coarse?: Block & { made: Picture; isCurrent: boolean };
}
/** Turned about a place of the image, then moved. */
interface Shift { right: number; down: number; angle: number; about: Pixel }
/** Marked pixels, or blocks of `step` × `step` of them; see viewer/brush.js. */
interface Brush { mask: Bytes; step: number; count: number; canvas: HTMLCanvasElement; word: string; serial: number }
/** The exact window of a picture that is reduced. */
interface Patch extends Corner { canvas: HTMLCanvasElement; hasGaps?: boolean }
type Pictures = Record<string, Picture>;

/** A place on the page that shows an image. */
interface Panel {
  root: HTMLElement;
  image: string;
  kind: string;
  isZoom: boolean;
  picks: boolean;
  plot: HTMLElement;
  canvas: HTMLCanvasElement;
  context: CanvasRenderingContext2D | null;
  ground: string | null;
  margin?: number;
}

/** What whole panels show of an image: how much larger than the whole of it, around which place; see view_transform.js. */
interface View { magnification: number; centre: Pixel | null }
/** Where an image lies in a frame: its column c at x + c · scale, its row r at y + r · scale · aspect. */
interface Placing { scale: number; aspect: number; x: number; y: number }

/** A window of grey levels; see imaging/levels.js. */
interface Levels { low: number; high: number; palette: string }
/** Which values of a file 0 and 1 stand for; see fusion/data/raw_scale.py. */
interface RawScale { low: number; high: number; unit: string }

/** What a viewer shows, and how; see viewer.js. */
interface ViewerState extends Size, View {
  spacing?: number | null;
  pixel: Pixel | null;
  asked: Pixel | null;
  awaited: Pixel | null;
  last: Partial<Pixel> | null;
  isPinned: boolean;
  step: number;
  window: number;
  manner: string;
  display: Display;
  colormap: string;
  color: boolean;
  zooms: boolean;
  light: boolean;
  gamma1: number;
  gamma2: number;
  levels: Record<string, Levels>;
  fields: { row: unknown; col: unknown }; // what the fields to type a pixel into say
  [further: string]: any;
}

/** What a page tells its viewer; see viewer.js. */
interface ViewerPage {
  prefix: string;
  root(): HTMLElement;
  panels(): Panel[];
  parts(about: any): any[];
  isOther(part: any): boolean;
  answered(absent: any[]): boolean;
  failed(error: Error): void;
  take(message: Message): void;
  draw(): void;
  recolored(kind: string): void;
  pinned(): void;
  resized(): void;
  settled(isAgain: boolean): void;
}

/** What the pointer and the keys do to a viewer. */
interface Pointed {
  prefix: string;
  state: ViewerState;
  panels(): Panel[];
  draw(): void;
  recolor(kind: string): void;
  shade(name: "gamma1" | "gamma2", value: number): void;
  point(pixel: Pixel, since?: number, ahead?: Pixel[]): void;
  pin(isPinned: boolean): void;
  step(down: number, right: number): void;
  rest(): void;
}

/** Guidance as it is shown, whether or not it is finished. */
interface Guidance {
  first: Values;
  second: Values;
  /** Which pixels are computed, where some are not. */
  known?: Bytes;
  rangeX: number[];
  rangeY: number[];
  serial: number;
  isComplete: boolean;
  limitOf: Record<string, number>;
  limits?: Record<string, number>;
  ranges?: number[][];
  axes?: number[][];
  dots?: Bytes;
}

/** What fetches the exact windows of a large image. */
interface WindowFollower {
  attach(view: { key: string; path: string; words: Words } | null, shown?: (message: Message) => void, failed?: (sentence: string) => void): void;
  follow(state: ViewerState): void;
  sharpened(done: number, state: ViewerState): void;
}

/** What one network shows of a pair; see network_view.js. */
interface NetworkView {
  state: ViewerState;
  windows: WindowFollower;
  serial: number;
  view: any;
  images: Record<string, any> | null;
  pictures: Pictures;
  guidance: Guidance | null;
  exact: Message | null;
  answer: { about: any; arrays: Record<string, any> } | null;
}

/** Who is told how far guidance is. */
interface GuidanceReport {
  progress(done: number, total: number, about?: any): void;
  stuck(sentence: string): void;
  offered(sentence: string, words: string): Promise<void>;
}

/** What Dash offers to scripts, and where it looks for the functions that it calls. */
declare var dash_clientside: {
  no_update: unknown;
  callback_context: any;
  set_props(id: string, props: Record<string, unknown>): void;
  [namespace: string]: any;
};
interface Window { dash_clientside: typeof dash_clientside; dashMantineFunctions?: Record<string, Function> }
/** As Dash serves it. */
declare const React: { createElement(kind: string, props: object, ...children: unknown[]): unknown };
declare const Plotly: { relayout(figure: Element, changes: Record<string, unknown>): void };

/** A column of Compare: one network's view, with its parts of the page; see pages/compare/column.js. */
interface Column extends NetworkView {
  network: string;
  root: HTMLElement;
  panels: Panel[];
  problem: string;
  [part: string]: any;
}
