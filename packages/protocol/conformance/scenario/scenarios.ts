import { absent, away, longRows } from "./absent.js";
import { closes, closesLong, halfCloses, resets, talks } from "./closes.js";
import { cuts } from "./cuts.js";
import { caller, disabled, named, unnamed } from "./environment.js";
import { frozen, frozenClose, frozenExit, trickle } from "./frozen.js";
import { hostile } from "./hostile.js";
import { live } from "./live.js";
import { frozenLong, lifeLong } from "./long.js";
import { backlog, longPath, regularFile, stale } from "./nobody.js";
import { beats, crash, fork, threads } from "./process.js";
import { flaps, flapsLong, goodbye, leaves, rebound, restarts, twoBots } from "./restarts.js";
import type { Scenario } from "./scenario.js";
import { stopped } from "./stopped.js";

/** All scenarios, in the order in which they are played. */
export const scenarios: readonly Scenario[] = [
  live,
  hostile,
  absent,
  away,
  longRows,
  stale,
  regularFile,
  longPath,
  backlog,
  frozen,
  frozenExit,
  frozenClose,
  stopped,
  trickle,
  cuts,
  closes,
  resets,
  halfCloses,
  talks,
  restarts,
  rebound,
  flaps,
  goodbye,
  leaves,
  twoBots,
  threads,
  fork,
  crash,
  beats,
  named,
  caller,
  disabled,
  unnamed,
  frozenLong,
  closesLong,
  lifeLong,
  flapsLong,
];
