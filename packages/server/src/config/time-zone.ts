/** Whether this is a zone of the IANA database, such as Europe/Berlin. */
export function isTimeZone(text: string): boolean {
  // Offsets such as +01:00 are taken by some versions of Node alone.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** The zone of this host; UTC where it says none that is known. */
export function hostTimeZone(): string {
  const { timeZone } = new Intl.DateTimeFormat("en").resolvedOptions();
  return isTimeZone(timeZone) ? timeZone : "UTC";
}
