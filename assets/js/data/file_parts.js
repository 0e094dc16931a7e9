/* What stands in a case file beside its page: blocks of bytes, as dashboard/report/case_file.py embeds them. */

/** The bytes of a block; the page's text of it goes, so that they are held once.
    @type {(id: string) => Uint8Array<ArrayBuffer>} */
export function bytesOf(id) {
  const place = document.getElementById(id), text = atob(place?.textContent ?? "");
  place?.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Deflated bytes as they were.
    @type {(bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>} */
export function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}
