/* How long Explore waits before it asks, and before it asks again. */

/** Milliseconds: without a move until a pixel is committed; until a correlation that takes long is asked for again;
    until an answer that has not come is. */
export const pace = { rest: 120, later: 3000, late: 6000 };
