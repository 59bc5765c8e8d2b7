import type { FleetLeader } from "@kissbot/store/fleet";
import { objectSchema, orNull, textSchema } from "./schema.js";

/** Who leads the hosts, as answers have it. */
export function leaderRecord(leader: FleetLeader | null) {
  return leader === null ? null : { name: leader.name, hub: leader.isHub };
}

export const leaderSchema = {
  anyOf: [
    { type: "null" },
    objectSchema({
      name: {
        ...orNull(textSchema),
        description: "Of the host, or of the hub; null for a hub of an older version.",
      },
      hub: { type: "boolean", description: "Whether it is a hub, which is none of the hosts." },
    }),
  ],
  description: "Who watches the hosts and tells of silent ones; null where nobody does, or it is unknown.",
};
