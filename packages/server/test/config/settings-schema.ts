import { enabledKey, oldInterval } from "../../src/config/resolve-settings.js";
import { environmentName, fileFlagOf, fileKeys, keyOf, type Setting } from "../../src/config/setting.js";
import { subtrees } from "../../src/config/setting-subtrees.js";
import { settingTable } from "../../src/config/setting-table.js";
import { durationSchema, switchSchema, textSchema, type ValueSchema } from "../../src/config/value-schema.js";

const anything: ValueSchema = { type: ["string", "number", "boolean"] };

/** The JSON Schema (draft-07) of a config file, for editors, made from the table of settings. */
export function settingsSchema(): object {
  const keys = new Map<string, ValueSchema>();
  keys.set(enabledKey, {
    description: "Whether a monitor is to run at all. Default: true.",
    ...switchSchema,
  });
  for (const setting of Object.values(settingTable) as Setting<unknown>[]) {
    const { offFlag, secret, schema = anything } = setting;
    const described = { description: descriptionOf(setting), ...schema };
    for (const key of fileKeys(setting)) {
      keys.set(key, described);
      if (secret) keys.set(fileFlagOf(key, "_"), fileSchemaOf(setting));
    }
    if (offFlag !== undefined) {
      keys.set(keyOf(offFlag), { description: `No ${setting.flag.toUpperCase()} at all.`, ...switchSchema });
    }
  }
  keys.set(oldInterval, {
    description: "Of the Python monitor, without effect: each bot says its own interval.",
    ...durationSchema(0.001, Number.MAX_SAFE_INTEGER),
  });
  for (const [name, { schema }] of Object.entries<{ readonly schema: ValueSchema }>(subtrees)) {
    const orNothing = { anyOf: [schema, { type: "null" }] };
    keys.set(name, schema["type"] === "object" ? { ...schema, type: ["object", "null"] } : orNothing);
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Config file of KissBot Monitor",
    type: "object",
    required: ["monitoring"],
    properties: { monitoring: { ...sectionOf(keys, ""), type: ["object", "null"] } },
  };
}

/**
 * The keys of one section; what has keys of its own below it may be a section or, if it is a key
 * too, a value.
 */
function sectionOf(keys: ReadonlyMap<string, ValueSchema>, prefix: string): ValueSchema {
  const names = [...keys.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length).split(".")[0] as string);
  const properties = [...new Set(names)].map((name): [string, ValueSchema] => {
    const key = `${prefix}${name}`;
    const value = keys.get(key);
    if (![...keys.keys()].some((other) => other.startsWith(`${key}.`))) return [name, value as ValueSchema];
    const section = sectionOf(keys, `${key}.`);
    if (value === undefined) return [name, { ...section, minProperties: 1 }];
    const { description, ...schema } = value;
    return [name, { description, anyOf: [schema, section] }];
  });
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
}

export function descriptionOf({ flag, help, expected, fallbackText }: Setting<unknown>): string {
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}`;
  return `${sentence}. Expected: ${expected}. Default: ${fallbackText}. Also --${flag} and ${environmentName(flag)}.`;
}

function fileSchemaOf({ flag }: Setting<unknown>): ValueSchema {
  const description = `A file that holds ${keyOf(flag)}. Also --${fileFlagOf(flag)} and ${environmentName(fileFlagOf(flag))}.`;
  return { description, ...textSchema("^[^\\0]+$") };
}
