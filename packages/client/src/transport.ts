/** Why a connection ended, or was never made. */
export interface Closing {
  /**
   * An errno such as `ENOENT`; `END` where the peer closed in good order; `STALLED` where we gave
   * up a pending write.
   */
  readonly code: string;
  /** Whether the peer closed it. */
  readonly byPeer: boolean;
}

/**
 * The events of a transport for its owner. None comes after `closed`, and none during a call of
 * `write`.
 */
export interface TransportEvents {
  opened(): void;
  /**
   * Writing may go on: some time has passed since a write took less than it was given, or a pending
   * one is done.
   */
  writable(): void;
  /** A write that was `"pending"` has been taken as a whole. Followed by `writable`. */
  taken(): void;
  closed(closing: Closing): void;
}

/**
 * How many bytes the operating system took at once; `"pending"` where the whole is under way and
 * cannot be taken back.
 */
export type Written = number | "pending";

/**
 * A way for bytes to the monitor: one connection, or a row of them. Nothing here throws or keeps
 * the process alive.
 */
export interface Transport {
  /** Whether a write can be tried now. */
  readonly writable: boolean;
  write(chunk: string | Uint8Array): Written;
  /**
   * Gives the connection up at once; no event follows. What the kernel has taken still reaches the
   * peer.
   */
  close(): void;
}

export interface OpenTransport {
  (events: TransportEvents): Transport;
  /**
   * Whether a new connection would end in the same way, as far as that can be seen without making
   * one. Absent where it cannot be seen.
   */
  readonly wouldFail?: (code: string) => boolean;
}
