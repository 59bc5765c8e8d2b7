import pino from "pino";
import type { Logger } from "../src/logger.js";

/** For what is not a test of the log. */
export const silentLogger: Logger = pino({ level: "silent" });
