/* Waiting until it is measured how far a network sees: once for its weights, it takes up to a minute. */

const AGAIN = 500; // ms between two questions

/** @type {(ms: number) => Promise<void>} */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Whether the network can be asked now: {ready, sentence}; asking keeps the measurement going.
    @type {(network: string) => Promise<{ ready: boolean, sentence: string }>} */
async function ready(network) {
  try {
    const response = await fetch(`networks/ready?${new URLSearchParams({ network })}`);
    const told = await response.json();
    return response.ok ? told : { ready: true, sentence: told.error }; // the page will be told the same
  } catch {
    return { ready: false, sentence: "The server does not answer; is it still running?" };
  }
}

/** Wait for a network, saying so with the seconds that have passed; false where it is wanted no more.
    @type {(network: string, say: (sentence: string) => void, isWanted: () => boolean) => Promise<boolean>} */
export async function until(network, say, isWanted) {
  const since = performance.now();
  while (isWanted()) {
    const { ready: isReady, sentence } = await ready(network);
    if (!isWanted()) break;
    if (isReady) return true;
    say(`${sentence} ${Math.round((performance.now() - since) / 1000)} s`);
    await pause(AGAIN);
  }
  return false;
}
