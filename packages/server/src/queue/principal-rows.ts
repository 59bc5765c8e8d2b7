import type { CustomMetric } from "@kissbot/protocol";
import type { Principal } from "../principals/principal.js";
import { RowRing } from "./row-ring.js";
import { UsageChunks } from "./usage-chunks.js";

/** The rows that wait of one principal, each type the oldest first, and what they take. */
export class PrincipalRows {
  /** Null where nobody asks who sent them. */
  readonly principal: Principal | null;
  readonly usage = new UsageChunks();
  readonly metrics = new RowRing<CustomMetric>();
  bytes = 0;

  constructor(principal: Principal | null) {
    this.principal = principal;
  }

  get isEmpty(): boolean {
    return this.usage.length === 0 && this.metrics.length === 0;
  }
}
