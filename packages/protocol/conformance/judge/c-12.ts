import type { Judge } from "../wire.js";
import { judgeCalls } from "./call-time.js";

/** [C-12]: no call waits for a connection while none is open. */
export const judgeC12: Judge = (wire) => judgeCalls(wire, "C-12", "while no connection was open");
