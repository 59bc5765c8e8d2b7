import type { Principal } from "../principals/principal.js";
import { RowChunks } from "./row-chunks.js";
import { metricKind, type RowType, usageKind } from "./row-kind.js";

/** The rows that wait of one principal, each type the oldest first, and what they take. */
export class PrincipalRows {
  /** Null where nobody asks who sent them. */
  readonly principal: Principal | null;
  readonly rows: { readonly [Type in RowType]: RowChunks<Type> } = {
    llm_usage: new RowChunks(usageKind),
    custom_metric: new RowChunks(metricKind),
  };
  bytes = 0;

  constructor(principal: Principal | null) {
    this.principal = principal;
  }

  get isEmpty(): boolean {
    return this.rows.llm_usage.length === 0 && this.rows.custom_metric.length === 0;
  }
}
