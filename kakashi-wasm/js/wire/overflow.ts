// What a writer throws when its memory's end is reached: one constant, so that it costs nothing.

export const OVERFLOW = { overflow: true };
