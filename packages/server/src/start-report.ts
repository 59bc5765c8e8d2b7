/** Where a started monitor is. */
export interface StartReport {
  readonly socketPath: string;
  /** For people: `owner root and group root (mode 0660)`. */
  readonly whoMayConnect: string;
  /** Those of `listeners:`, in its order. */
  readonly listeners: readonly {
    readonly principal: string;
    readonly socketPath: string;
    /** For people. */
    readonly whoMayConnect: string;
  }[];
  readonly store: {
    readonly url: string;
    /** False: it could not be opened in time, and is tried again and again. */
    readonly open: boolean;
    readonly detail: string | null;
    /** How many bots were known from before. */
    readonly bots: number;
  };
  /** The URL; null where there is none. */
  readonly http: string | null;
}
