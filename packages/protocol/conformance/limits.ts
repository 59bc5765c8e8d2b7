/*
 * The numbers that decide verdicts. The README of the fixtures lists them, which a test checks.
 */

/** A call into a client that takes longer has waited for something [C-2]. */
export const longestCallMs = 50;

/** The bound of the first pause before another attempt, and that of the longest [C-5]. */
export const firstBoundMs = 250;
export const longestBoundMs = 30_000;

/** Connections that opened and ended soon need not let the bound grow beyond this [C-5]. */
export const briefBoundMs = 2_000;

/** A connection that lived this long brings the bound back to the first one [C-5]. */
export const provenMs = 1_000;

/** One that lived this long and was ended by the monitor may be opened again at once [C-5]. */
export const longLifeMs = 10_000;

/** Pauses that are needed before their distribution says anything [C-5]. */
export const fewestPauses = 5;

/** How unlikely pauses have to be before they are no chance [C-5]. */
export const unlikely = 1e-6;

/** How late a busy machine may make an attempt or a line. */
export const latenessMs = 500;

/** Intervals that may lie between two signs of life [C-8]. */
export const missedBeats = 2;

/** How far from the true start of the process `started_at` may lie [C-10]. */
export const startToleranceMs = 2_000;

/** A line that comes this long behind its call has waited [C-17]. */
export const waitedMs = 1_000;

/** A call that takes this long has waited, whatever the machine does beside [C-2], [C-12]. */
export const blockedCallMs = 500;

/**
 * This number of calls longer than `longestCallMs` is no accident of the machine [C-2], [C-12].
 */
export const slowCalls = 3;

/** Longest that 99 of 100 calls of a burst may take [C-2], [C-12]. */
export const longestP99Ms = 10;

/**
 * How much memory may grow over a burst of which nothing is taken, or while the monitor talks
 * [C-3], [C-14].
 */
export const mostGrownBytes = 16 * 1_048_576;

/** What has to come before growth over it says anything [C-14]. */
export const talkedBytes = 16 * 1_048_576;

/** The share of a core that a client may use while nothing happens [C-5]. */
export const idleShare = 0.1;

/** How long a process may take to end after it was asked to, and a client to close [C-13]. */
export const longestEndMs = 2_000;
