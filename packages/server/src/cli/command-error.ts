/** A command failed for a reason that its message explains to people. The stack is not printed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode = 1;
}
