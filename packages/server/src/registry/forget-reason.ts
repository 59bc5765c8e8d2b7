/**
 * Why a bot is forgotten: an operator named it, or all that ended; or the monitor does it by
 * itself.
 */
export type ForgetReason =
  | { readonly kind: "named"; readonly by: string }
  | { readonly kind: "ended"; readonly by: string; readonly forMs: number }
  | { readonly kind: "age"; readonly forMs: number };
