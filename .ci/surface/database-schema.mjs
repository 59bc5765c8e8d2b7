import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../pnpm.mjs";

/** The SQL of every table, index and trigger, by name, and which migrations made it. */
export function databaseSchema(path) {
  const require = createRequire(join(root, "packages", "store", "package.json"));
  const database = new (require("better-sqlite3"))(path, { readonly: true });
  try {
    const objects = database
      .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
      .all();
    const migrations = database.prepare("SELECT * FROM monitor_migrations ORDER BY version").all();
    // When it was applied is no part of it.
    const kept = migrations.map(({ applied_at, ...rest }) => `-- migration ${JSON.stringify(rest)}\n`);
    const version = database.pragma("user_version", { simple: true });
    return [`-- user_version ${version}\n`, ...kept, ...objects.map(({ sql }) => `\n${sql};\n`)].join("");
  } finally {
    database.close();
  }
}
