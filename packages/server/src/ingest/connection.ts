import type { Socket } from "node:net";
import type { LineDecoder } from "@kissbot/protocol";
import type { Logger } from "../logger.js";
import type { Principal } from "../principals/principal.js";
import type { ConnectionTrace } from "./connection-trace.js";
import type { LineIntake } from "./line-intake.js";
import type { LineStream } from "./line-stream.js";

export interface ConnectionOptions {
  readonly socket: Socket;
  /** Whose listener accepted it; null while there is but one. */
  readonly principal: Principal | null;
  readonly intake: LineIntake;
  readonly logger: Logger;
  readonly onClosed: (connection: Connection) => void;
}

/**
 * How much a connection of a principal reads in one turn of the event loop. Without it libuv reads
 * on to 2 MB, and everybody else waits while that is decoded (measured: `pnpm bench users/flood`).
 */
const turnBytes = 131_072;

/**
 * One bot's connection. States: *open*, from the accept; *closed*, after the peer's end (or half:
 * the monitor has nothing to say, and a client that waits for our end must not wait), an error, or
 * `close`. What a cut line left is judged then.
 *
 * It reads and does nothing else. It never writes, so a peer that does not read costs nothing;
 * never pauses, so a peer never stalls; has no timer, as a bot may be silent for as long as it
 * likes; and holds no buffer while it is idle. Where users are told apart, a connection leaves the
 * rest of a turn to the others once it has read its share, and reads on in the next.
 */
export class Connection implements LineStream {
  principal: Principal | null;
  decoder: LineDecoder | undefined = undefined;
  heldBytes = 0;
  lines = 0;
  trace: ConnectionTrace | undefined = undefined;
  readonly #socket: Socket;
  readonly #intake: LineIntake;
  readonly #logger: Logger;
  readonly #onClosed: (connection: Connection) => void;
  /** In this turn; 0 for `local` alone. */
  #readBytes = 0;

  constructor({ socket, intake, logger, onClosed, principal }: ConnectionOptions) {
    this.principal = principal;
    this.#socket = socket;
    this.#intake = intake;
    this.#logger = logger;
    this.#onClosed = onClosed;
    (socket as ConnectedSocket)[connection] = this;
    socket.on("data", takeChunk).on("end", endSocket).on("error", noteError).on("close", closeStream);
  }

  /** For its socket alone. */
  takeChunk(chunk: Buffer): void {
    this.#intake.pushChunk(this, chunk);
    if (this.principal !== null) this.#shareTurn(chunk.length);
  }

  /** For its socket alone. */
  noteError({ code }: NodeJS.ErrnoException): void {
    // A bot that was killed, or its machine's trouble: `close` follows.
    this.#logger.debug({ code }, "a connection broke");
  }

  /** For its socket alone. */
  closeStream(): void {
    this.#intake.endStream(this);
    this.#onClosed(this);
  }

  #shareTurn(bytes: number): void {
    if (this.#readBytes === 0) setImmediate(() => this.#endTurn());
    this.#readBytes += bytes;
    if (this.#readBytes >= turnBytes) this.#socket.pause();
  }

  #endTurn(): void {
    this.#readBytes = 0;
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  giveUp(): void {
    this.#logger.debug("a connection was closed: too many connections hold a line that does not end");
    this.#socket.destroy();
  }

  /** Ends it at once; `onClosed` follows. That says nothing of the processes that wrote. */
  close(): void {
    this.trace = undefined;
    this.#socket.destroy();
  }
}

/** Where a socket has its connection. */
const connection = Symbol("connection");

interface ConnectedSocket extends Socket {
  [connection]: Connection;
}

// One listener of each kind for all sockets: four of its own would be 290 bytes of each connection.

function takeChunk(this: Socket, chunk: Buffer): void {
  (this as ConnectedSocket)[connection].takeChunk(chunk);
}

/**
 * Destroyed, not ended: there is nothing to flush, and it saves a round through the event loop per
 * connection.
 */
function endSocket(this: Socket): void {
  this.destroy();
}

function noteError(this: Socket, error: NodeJS.ErrnoException): void {
  (this as ConnectedSocket)[connection].noteError(error);
}

function closeStream(this: Socket): void {
  (this as ConnectedSocket)[connection].closeStream();
}
