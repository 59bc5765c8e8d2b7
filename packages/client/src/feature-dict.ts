import { warn } from "./complaint.js";

/** What `featuresToDict` asks of a feature: the name under which it is reported. */
export interface LegacyFeature {
  readonly config_key: string;
}

/** What `featuresToDict` asks of a feature manager: one of the two. */
export interface LegacyFeatureManager<F> {
  isEnabled?(feature: F): unknown;
  is_enabled?(feature: F): unknown;
}

/**
 * The features as `register` takes them. A feature that has no name, or about which the manager
 * throws, is left out: unknown is not false. Never throws.
 *
 * @deprecated Build the object that `MonitorClient.register` takes.
 */
export function featuresToDict<F extends LegacyFeature>(
  manager: LegacyFeatureManager<F>,
  features: Iterable<F>,
): Record<string, boolean> {
  const entries: [string, boolean][] = [];
  try {
    if (typeof manager?.isEnabled !== "function" && typeof manager?.is_enabled !== "function") {
      warn("KISSBOT_INVALID_ARGUMENT", "featuresToDict: expected a manager with isEnabled or is_enabled");
    }
    for (const feature of features) {
      const entry = entryOf(manager, feature);
      if (entry !== undefined) entries.push(entry);
    }
  } catch {
    // Not iterable, or its iterator threw: what came before it is still true.
    warn("KISSBOT_INVALID_ARGUMENT", "featuresToDict: expected features that can be iterated over");
  }
  // fromEntries makes each an own property, `__proto__` included.
  return Object.fromEntries(entries);
}

function entryOf<F extends LegacyFeature>(
  manager: LegacyFeatureManager<F>,
  feature: F,
): [string, boolean] | undefined {
  try {
    const enabled =
      typeof manager.isEnabled === "function" ? manager.isEnabled(feature) : manager.is_enabled?.(feature);
    if (typeof feature.config_key !== "string" || enabled === undefined) return undefined;
    return [feature.config_key, Boolean(enabled)];
  } catch {
    // The manager does not know.
    return undefined;
  }
}
