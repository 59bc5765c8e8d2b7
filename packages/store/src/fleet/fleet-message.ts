import type { SendingChoice } from "./chosen-tail.js";
import type { ForwardStatus } from "./forward-loop.js";
import type { IncidentKind } from "./incident.js";
import type { TellingMark } from "./incident-table.js";
import type { LeaderNews } from "./leader-loop.js";

/** What the thread is started with. */
export interface FleetSetup {
  /** Of the database whose rows are sent. */
  readonly path: string;
  readonly url: string;
  readonly name: string;
  readonly version: string | null;
  readonly backlogRowsPerSecond: number;
  readonly choice: SendingChoice;
  readonly leads: boolean;
  readonly tells: readonly IncidentKind[];
}

export type ToFleet =
  | { readonly kind: "close" }
  | { readonly kind: "tells"; readonly tells: readonly IncidentKind[] }
  | { readonly kind: "marks"; readonly marks: readonly TellingMark[] };

export type FromFleet =
  | { readonly kind: "status"; readonly status: ForwardStatus }
  | { readonly kind: "news"; readonly news: LeaderNews }
  | { readonly kind: "warning"; readonly sentence: string };
