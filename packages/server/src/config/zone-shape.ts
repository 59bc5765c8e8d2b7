import { scalar } from "./shape.js";
import { isTimeZone } from "./time-zone.js";

export const zone = scalar({
  expected: "a time zone such as Europe/Berlin",
  schema: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_+/-]*$" },
  from: (text) => (isTimeZone(text) ? text : undefined),
});
