/* The bytes of a stream that the decoder looks for. */

export const lf = 0x0a;
export const cr = 0x0d;
export const openBrace = 0x7b;
