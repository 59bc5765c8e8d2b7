/**
 * A command could not do what it was asked to, and the message says why, for people; there is
 * nothing to debug.
 */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode = 1;
}
