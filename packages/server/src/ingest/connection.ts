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
 * One bot's connection. States: *open*, from the accept; *closed*, after the peer's end (or half:
 * the monitor has nothing to say, and a client that waits for our end must not wait), an error, or
 * `close`. What a cut line left is judged then.
 *
 * It reads and does nothing else. It never writes, so a peer that does not read costs nothing;
 * never pauses, so a peer never stalls; has no timer, as a bot may be silent for as long as it
 * likes; and holds no buffer while it is idle.
 */
export class Connection implements LineStream {
  principal: Principal | null;
  decoder: LineDecoder | undefined = undefined;
  heldBytes = 0;
  lines = 0;
  trace: ConnectionTrace | undefined = undefined;
  readonly #socket: Socket;
  readonly #logger: Logger;

  constructor({ socket, intake, logger, onClosed, principal }: ConnectionOptions) {
    this.principal = principal;
    this.#socket = socket;
    this.#logger = logger;
    socket.on("data", (chunk) => intake.pushChunk(this, chunk));
    // Destroyed, not ended: there is nothing to flush, and it saves a round through the event loop
    // per connection.
    socket.on("end", () => socket.destroy());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // A bot that was killed, or its machine's trouble: `close` follows.
      logger.debug({ code: error.code }, "a connection broke");
    });
    socket.on("close", () => {
      intake.endStream(this);
      onClosed(this);
    });
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
