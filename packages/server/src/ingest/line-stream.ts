import type { LineDecoder } from "@kissbot/protocol";
import type { Principal } from "../principals/principal.js";
import type { ConnectionTrace } from "./connection-trace.js";

/**
 * The position of one connection in its stream of lines. Between lines it holds nothing; an idle
 * bot is there.
 */
export interface LineStream {
  /** Whose lines they are; null where everybody may send everything, and nobody counts by it. */
  readonly principal: Principal | null;
  /** There only while a line is cut: its beginning has come and its end has not. */
  decoder: LineDecoder | undefined;
  /** How much of that line the decoder keeps, within a few bytes. */
  heldBytes: number;
  /** How many lines came. */
  lines: number;
  /** There from its first line of a process's liveness on. */
  trace: ConnectionTrace | undefined;
  /**
   * The cut line cannot be kept any longer: the connection must be closed. `end` has been called
   * for it.
   */
  giveUp(): void;
}
