import type { Judge } from "../wire.js";
import { judgeCalls } from "./call-time.js";

/** [C-2]: no call waits for the monitor while a connection is open. */
export const judgeC2: Judge = (wire) => judgeCalls(wire, "C-2", "while a connection was open");
