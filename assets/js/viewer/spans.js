/* Spans of time in words, as dashboard/jobs/spans.py has them; shorter ones in seconds. */

/** @type {(seconds: number) => string} */
export function spelled(seconds) {
  if (seconds < 90) return `about ${Math.max(Math.round(seconds), 1)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `about ${Math.round(seconds / 3600)} h` : `about ${Math.round(seconds / 86400)} days`;
}
