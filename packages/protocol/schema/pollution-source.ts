import { messages } from "./message.js";

/**
 * Whether `Object.prototype` has a field of any message, as TypeScript: one comparison for each,
 * which V8 folds into one.
 */
export function createPollution(): string {
  const fields = Object.values(messages).flatMap(({ properties }) => Object.keys(properties));
  const names = [...new Set(fields)].map((field) => `    ${JSON.stringify(field)} in plain`);
  return `// Made from schema/ by \`pnpm generate\`; not to be edited.

const plain = {};

/**
 * Whether \`Object.prototype\` has a property that is called like a field: it would be read from each message that has no
 * such field. \`in\` calls no getter, and V8 makes one comparison of all of these, as they ask the same constant object.
 */
export function isPolluted(): boolean {
  return (
${names.join(" ||\n")}
  );
}
`;
}
