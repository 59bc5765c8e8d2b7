import type { Viewer } from "./viewer.js";

/** A viewer with more unsent bytes than this does not keep up. */
const maxUnsentBytes = 4 * 1024 * 1024;
/** A viewer that takes no byte for this long, while some wait for it, does not read. */
const maxStallMs = 10_000;

/**
 * Flow control of one viewer: counts what it has taken. A viewer is *lost* when it takes nothing
 * for ten seconds, or when more than 4 MiB wait for it. The snapshot does not count, since it is as
 * large as the fleet. The feed drops a lost viewer and never waits for one, so the number of
 * viewers bounds the memory.
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
