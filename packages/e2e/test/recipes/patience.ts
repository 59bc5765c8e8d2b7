/** A real library, a monitor and several processes start in each test, often on busy cores. */
export const patience = { timeoutMs: 90_000 } as const;
