/**
 * Megabytes for the new objects of a store's thread. Most of them die at once: with more room for
 * them, more memory stays resident and nothing gets faster (measured for the writer: `pnpm bench
 * ablation`, `young-space`).
 */
export const youngMb = 6;
