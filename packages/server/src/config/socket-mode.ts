/**
 * Permission bits in octal, as `chmod` takes them: `660`, `0660`, `0o660`; undefined for anything
 * else.
 */
export function socketModeFrom(text: string): number | undefined {
  const digits = /^(?:0o)?([0-7]{3,4})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  const mode = Number.parseInt(digits, 8);
  return mode <= 0o777 ? mode : undefined;
}

export function socketModeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
