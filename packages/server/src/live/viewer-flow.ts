import type { Viewer } from "./viewer.js";

/** A viewer who has more than this unsent when more is to come does not keep up. */
const maxUnsentBytes = 4 * 1024 * 1024;
/** A viewer who takes nothing for so long, while something waits for it, does not read. */
const maxStallMs = 10_000;

/**
 * A viewer and how far it has come. It is *lost* when it takes nothing for ten seconds, or has more
 * unsent than the bound: the bound holds for what came after its snapshot, as a snapshot is as
 * large as the fleet. Who is lost is dropped, never waited for, so that memory is bounded by the
 * number of viewers.
 */
export class ViewerFlow {
  readonly viewer: Viewer;
  #writtenBytes = 0;
  #snapshotBytes = 0;
  #takenBytes = 0;
  #takenAtMs: number;

  constructor(viewer: Viewer, nowMs: number) {
    this.viewer = viewer;
    this.#takenAtMs = nowMs;
  }

  writeSnapshot(pieces: readonly Uint8Array[], nowMs: number): void {
    for (const piece of pieces) this.#snapshotBytes += piece.length;
    this.#takenAtMs = nowMs;
    this.writePieces(pieces);
  }

  writePieces(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#writtenBytes += piece.length;
      this.viewer.write(piece);
    }
  }

  /** Asked before each write and every second. */
  isLost(nowMs: number): boolean {
    const unsentBytes = this.viewer.unsentBytes;
    const takenBytes = this.#writtenBytes - unsentBytes;
    if (takenBytes > this.#takenBytes || unsentBytes === 0) {
      this.#takenBytes = takenBytes;
      this.#takenAtMs = nowMs;
    }
    const unsentSnapshotBytes = Math.max(0, this.#snapshotBytes - takenBytes);
    return unsentBytes - unsentSnapshotBytes > maxUnsentBytes || nowMs - this.#takenAtMs > maxStallMs;
  }
}
