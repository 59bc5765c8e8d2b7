import { invalidField, line, message, rejected } from "./expectation.js";
import { beaten } from "./sample.js";

/**
 * All of these are `should`: RFC 8259 leaves open which of two fields of one name a parser keeps.
 */
const should = { level: "should" } as const;

export const duplicate = [
  line(
    "pid",
    "Of two process ids the last is taken",
    "J-8",
    '{"type":"heartbeat","channel":"lounge","pid":7,"pid":8}',
    beaten(8),
    should,
  ),
  line(
    "three-pids",
    "Of three process ids the last is taken",
    "J-8",
    '{"type":"heartbeat","channel":"lounge","pid":7,"pid":8,"pid":9}',
    beaten(9),
    should,
  ),
  line(
    "equal",
    "Two equal fields are one",
    "J-8",
    '{"type":"heartbeat","channel":"lounge","pid":7,"pid":7}',
    beaten(7),
  ),
  line(
    "escaped-name",
    "An escaped name and a raw one are the same",
    "J-8 J-4",
    '{"type":"heartbeat","channel":"lounge","pid":7,"p\\u0069d":8}',
    beaten(8),
    should,
  ),
  line(
    "first-bad",
    "A bad field is no fault when a good one replaces it",
    "J-8",
    '{"type":"heartbeat","channel":"lounge","pid":"x","pid":8}',
    beaten(8),
    should,
  ),
  line(
    "last-bad",
    "A bad field that replaces a good one is a fault",
    "J-8",
    '{"type":"heartbeat","channel":"lounge","pid":7,"pid":"x"}',
    invalidField("pid"),
    should,
  ),
  line(
    "last-null-in-optional",
    "A null that replaces an optional field makes it absent",
    "J-8 M-2",
    '{"type":"heartbeat","channel":"lounge","pid":7,"rss_mb":5,"rss_mb":null}',
    beaten(7),
    should,
  ),
  line(
    "type",
    "Of two types the last is taken",
    "J-8",
    '{"type":"register","type":"heartbeat","channel":"lounge","pid":7}',
    beaten(7),
    should,
  ),
  line(
    "last-type-unknown",
    "A last type that is unknown is unknown",
    "J-8 R-3",
    '{"type":"heartbeat","type":"reboot","channel":"lounge","pid":7}',
    rejected("unknown_type"),
    should,
  ),
  line(
    "feature",
    "Of two features of one name the last is taken",
    "J-8 M-7",
    '{"type":"register","channel":"lounge","pid":7,"features":{"a":true,"a":false}}',
    message({ type: "register", channel: "lounge", pid: 7, features: { a: false } }),
    should,
  ),
  line(
    "features",
    "Of two maps of features the last is taken; they are not merged",
    "J-8",
    '{"type":"register","channel":"lounge","pid":7,"features":{"a":true},"features":{"b":true}}',
    message({ type: "register", channel: "lounge", pid: 7, features: { b: true } }),
    should,
  ),
  line(
    "unknown-field",
    "Two unknown fields of one name are ignored",
    "J-8 M-11",
    '{"type":"heartbeat","channel":"lounge","pid":7,"x":1,"x":[2]}',
    beaten(7),
  ),
];
