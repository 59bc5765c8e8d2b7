/** What a receiver knows of an alert. */
export interface ToldReceiver {
  readonly receiver: string;
  readonly phase: string;
  readonly noticeId: string;
  readonly tsMs: number;
  /** How bad the alert was when it was reported. */
  readonly grade: number;
}

/** How a receiver is doing. */
export interface ReceiverState {
  readonly name: string;
  readonly kind: string;
  /** `failing`: nothing gets through now. `broken`: its address or secret is wrong. */
  readonly state: "ok" | "failing" | "broken";
  readonly sinceMs: number | null;
  readonly detail: string | null;
  /** How many things it does not know yet. */
  readonly waiting: number;
  /** How many notices ended so since the monitor's start. */
  readonly sent: number;
  readonly failed: number;
  readonly doubtful: number;
}
