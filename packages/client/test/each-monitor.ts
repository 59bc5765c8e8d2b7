import { afterEach, beforeEach } from "vitest";
import { AbsentMonitor, FrozenMonitor, RecordingMonitor } from "../src/testing.js";

/** A monitor of each kind, fresh for each test of a file that imports this one. */
export let absent: AbsentMonitor;
export let frozen: FrozenMonitor;
export let recording: RecordingMonitor;

beforeEach(async () => {
  absent = new AbsentMonitor();
  frozen = await new FrozenMonitor().start();
  recording = await new RecordingMonitor().start();
});

afterEach(async () => {
  await absent[Symbol.asyncDispose]();
  await frozen[Symbol.asyncDispose]();
  await recording[Symbol.asyncDispose]();
});
