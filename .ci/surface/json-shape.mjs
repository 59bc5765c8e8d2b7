/**
 * The names and types of all that some JSON values hold, one line each, sorted:
 * `bots[].pid: number`. Values of one place are told together.
 */
export function shapeOf(...values) {
  const types = new Map();
  for (const value of values) note(value, "", types);
  return [...types]
    .map(([path, found]) => `${path}: ${[...found].sort().join(" | ")}`)
    .sort()
    .map((line) => `  ${line}\n`)
    .join("");
}

function note(value, path, types) {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (type === "array") {
    if (value.length === 0) add(types, `${path}[]`, "nothing");
    for (const one of value) note(one, `${path}[]`, types);
  } else if (type === "object") {
    const entries = Object.entries(value);
    if (entries.length === 0) add(types, path, "{}");
    for (const [name, one] of entries) note(one, path === "" ? name : `${path}.${name}`, types);
  } else {
    add(types, path, type);
  }
}

function add(types, path, type) {
  const known = types.get(path) ?? new Set();
  types.set(path, known.add(type));
}
