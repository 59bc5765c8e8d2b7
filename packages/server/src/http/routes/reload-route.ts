import { byField } from "../body-field.js";
import { type Route, routeOf } from "../route.js";
import { listSchema, objectSchema, orNull, textSchema } from "../schema.js";

/** Reads the configuration again. */
export interface Reloads {
  reload(by: string): Promise<{
    readonly problems: readonly string[];
    readonly notices: readonly string[];
    readonly configFile: string | null;
    readonly applied: readonly string[];
    readonly needsRestart: readonly string[];
  }>;
}

const fields = { by: byField };

/** Makes the monitor read its configuration again. */
export function reloadRoute({ reloads }: { readonly reloads: Reloads }): Route {
  return routeOf({
    method: "POST",
    writes: true,
    path: "/api/v1/reload",
    id: "reload",
    summary: "Reads the configuration anew, and takes over what may change while the monitor runs",
    fields,
    schema: objectSchema({
      ok: { type: "boolean", description: "Whether it is right. If not, nothing has changed." },
      config_file: { ...orNull(textSchema), description: "Its path; null where there is none." },
      applied: {
        ...listSchema(textSchema),
        description: "The keys of settings that have other values now, and what else is new.",
      },
      needs_restart: {
        ...listSchema(textSchema),
        description: "The keys of settings that are changed, and wait for a restart.",
      },
      problems: {
        ...listSchema(textSchema),
        description: "What is wrong, each with file, line and column.",
      },
      notices: { ...listSchema(textSchema), description: "What is no fault, but may not be meant." },
    }),
    errors: ["conflict"],
    answer: async ({ fields }) => {
      const { by = "an operator" } = fields;
      const { configFile, problems, notices, applied, needsRestart } = await reloads.reload(by);
      const ok = problems.length === 0;
      return {
        kind: "json",
        value: {
          ok,
          config_file: configFile,
          applied,
          needs_restart: needsRestart,
          problems,
          notices,
        },
      };
    },
  });
}
