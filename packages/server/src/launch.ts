#!/usr/bin/env node
// What the command begins with. A Node that is too old parses this file and no other of ours, so it
// gets a sentence and no stack. Old syntax only, and no import but the one behind the check.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`KissBot Monitor needs Node 20.19 or newer; this is ${process.version}.`);
  process.exit(2);
} else {
  void import("./main.js");
}
