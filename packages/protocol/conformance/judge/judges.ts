import type { Judge } from "../wire.js";
import { judgeC1 } from "./c-1.js";
import { judgeC2 } from "./c-2.js";
import { judgeC3 } from "./c-3.js";
import { judgeC4 } from "./c-4.js";
import { judgeC5 } from "./c-5.js";
import { judgeC6 } from "./c-6.js";
import { judgeC7 } from "./c-7.js";
import { judgeC8 } from "./c-8.js";
import { judgeC9 } from "./c-9.js";
import { judgeC10 } from "./c-10.js";
import { judgeC11 } from "./c-11.js";
import { judgeC12 } from "./c-12.js";
import { judgeC13 } from "./c-13.js";
import { judgeC14 } from "./c-14.js";
import { judgeC15 } from "./c-15.js";
import { judgeC16 } from "./c-16.js";
import { judgeC17 } from "./c-17.js";
import { judgeC18 } from "./c-18.js";
import { judgeC19 } from "./c-19.js";

/** The judge of each rule of chapter 8. */
export const judges: Readonly<Record<string, Judge>> = {
  "C-1": judgeC1,
  "C-2": judgeC2,
  "C-3": judgeC3,
  "C-4": judgeC4,
  "C-5": judgeC5,
  "C-6": judgeC6,
  "C-7": judgeC7,
  "C-8": judgeC8,
  "C-9": judgeC9,
  "C-10": judgeC10,
  "C-11": judgeC11,
  "C-12": judgeC12,
  "C-13": judgeC13,
  "C-14": judgeC14,
  "C-15": judgeC15,
  "C-16": judgeC16,
  "C-17": judgeC17,
  "C-18": judgeC18,
  "C-19": judgeC19,
};
