/**
 * Megabytes for the new objects of a store's thread. Most of them die at once: with more room for
 * them, more memory stays resident.
 */
export const youngMb = 6;
