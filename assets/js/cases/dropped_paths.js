/* Which files a person means: those dropped, or all below a folder that is, with their paths; within limits. */

/** @typedef {{ path: string, file: File }} DroppedFile */
/** @typedef {{ files: number, size: number, lasts: number }} DropLimits */

/** What lies about in folders and is no picture. */
const HIDDEN = /^\.|^Thumbs\.db$|^desktop\.ini$/i;

/** Files that were chosen by a button.
    @type {(chosen: Iterable<File>) => DroppedFile[]} */
export const chosenFiles = (chosen) => [...chosen].map((file) => ({ path: file.webkitRelativePath || file.name, file })).filter(isMeant);

/** @type {(told: { path: string }) => boolean} */
const isMeant = ({ path }) => path.split("/").every((part) => !HIDDEN.test(part));

/** Files that were dropped, those in folders too; no more than `most` and one. To be called in the event, as what was
    dropped is there no longer.
    @type {(dropped: DataTransfer, most: number) => Promise<DroppedFile[]>} */
export async function droppedFiles({ items, files }, most) {
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.length || entries.includes(null)) return chosenFiles(files);
  /** @type {DroppedFile[]} */
  const found = [];
  for (const entry of entries) await gather(/** @type {FileSystemEntry} */ (entry), "", found, most);
  return found;
}

/** @type {(entry: FileSystemEntry, above: string, found: DroppedFile[], most: number) => Promise<void>} */
async function gather(entry, above, found, most) {
  const path = `${above}${entry.name}`;
  if (found.length > most || !isMeant({ path: entry.name })) return;
  if (entry.isFile) {
    found.push({ path, file: await new Promise((done, fail) => /** @type {FileSystemFileEntry} */ (entry).file(done, fail)) });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (let some = await next(reader); some.length; some = await next(reader)) { // a browser gives a hundred at a time
    for (const each of some) await gather(each, `${path}/`, found, most);
  }
}

/** @type {(reader: FileSystemDirectoryReader) => Promise<FileSystemEntry[]>} */
const next = (reader) => new Promise((done, fail) => reader.readEntries(done, fail));

/** Why files are not taken, as the server would say it; nothing where they are.
    @type {(files: { file: { size: number } }[], limits: DropLimits) => string} */
export function refusal(files, { files: most, size }) {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (files.length > most) return `More than ${grouped(most)} files were dropped; drop fewer.`;
  if (total > size) return `The files have ${grouped(total / 2 ** 20)} MB, more than ${grouped(size / 2 ** 20)}; drop fewer, or start the dashboard with --pairs and their folder.`;
  return files.length ? "" : "Nothing that can be read was dropped; drop pictures, volumes, or a folder of them.";
}

/** What may be dropped, as it stands on the page before anything is.
    @type {(limits: DropLimits) => string} */
export const told = ({ files, size }) => `at most ${grouped(files)} files, ${grouped(size / 2 ** 20)} MB`;

/** @type {(number: number) => string} */
const grouped = (number) => Math.round(number).toLocaleString("en");
