import type { LoadName } from "./loads.js";

/** A piece of source, and what stands in its place. */
export type Edit = readonly [from: string, to: string];

/**
 * Something that the monitor does to save time or memory, and how it would be without. What
 * replaces it is kept here: the monitor's source has no switch for it.
 */
export interface Trick {
  /** Unique. `pnpm bench ablation --trick=ID` measures it alone. */
  readonly id: string;
  /** What the monitor does, for the table. */
  readonly does: string;
  /** What it would do instead. */
  readonly instead: string;
  /** The module, from `packages`. */
  readonly file: string;
  /**
   * Either pieces of the module, each of which occurs once in it; or the exports that the module
   * of the same name in `plain` has in their place.
   */
  readonly without: { readonly edits: readonly Edit[] } | { readonly exports: readonly string[] };
  /** The load that shows most of it. */
  readonly load: LoadName;
  /** Why it stays where no load shows a gain: what else it is for. */
  readonly also?: string;
}
