import type { Judge } from "../wire.js";
import { judgeC1 } from "./c-1.js";
import { judgeC4 } from "./c-4.js";
import { judgeC5 } from "./c-5.js";
import { judgeC7 } from "./c-7.js";
import { judgeC9 } from "./c-9.js";
import { judgeC15 } from "./c-15.js";
import { judgeC17 } from "./c-17.js";

/** The judge of each rule of chapter 8. */
export const judges: Readonly<Record<string, Judge>> = {
  "C-1": judgeC1,
  "C-4": judgeC4,
  "C-5": judgeC5,
  "C-7": judgeC7,
  "C-9": judgeC9,
  "C-15": judgeC15,
  "C-17": judgeC17,
};
