/** Whether the name matches the pattern, in which `*` stands for any text and `?` for one sign. */
export function matchesGlob(pattern: string, name: string): boolean {
  return patternOf(pattern, ".*", ".").test(name);
}

/**
 * Whether the name matches the pattern, in which `*` stands for one whole component: what stands
 * between `/`, `:` and the ends.
 */
export function matchesComponents(pattern: string, name: string): boolean {
  const component = "[^/:]+";
  return pattern.split(/[/:]/).every((part) => part === "*" || !part.includes("*"))
    ? patternOf(pattern, component, "\\?").test(name)
    : false;
}

function patternOf(pattern: string, star: string, question: string): RegExp {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|/]/g, (sign) =>
    sign === "*" ? star : sign === "?" ? question : `\\${sign}`,
  );
  return new RegExp(`^${source}$`, "u");
}
