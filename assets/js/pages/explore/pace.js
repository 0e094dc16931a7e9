/* How long Explore waits before it asks again. */

/** Milliseconds until a correlation that takes long is asked for again, and until an answer that has not come is. */
export const pace = { later: 3000, late: 6000 };
