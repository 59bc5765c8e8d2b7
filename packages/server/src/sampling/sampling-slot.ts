/**
 * The moment of the next round: the first of `firstMs`, `firstMs + intervalMs`, ... that is after
 * `nowMs`. Slots that passed during a long round, or while the process stood still, are left out,
 * so rounds neither pile up nor drift.
 */
export function nextSlotMs(firstMs: number, intervalMs: number, nowMs: number): number {
  if (nowMs < firstMs) return firstMs;
  const slot = firstMs + intervalMs * (Math.floor((nowMs - firstMs) / intervalMs) + 1);
  // Rounding of great numbers may land on the slot that is just over.
  return slot > nowMs ? slot : slot + intervalMs;
}
