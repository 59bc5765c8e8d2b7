import { describe, expect, test } from "vitest";
import { parseStateFile, stateFileText } from "../../src/state-file/state-file.js";
import { placesNamed, statePlaces } from "../../src/state-file/state-place.js";
import { aState } from "./a-state.js";

test("what a monitor leaves is read as it was, and fields of later versions do not matter [trial/O4]", () => {
  for (const state of [
    aState(),
    aState({ http: null, configFile: null, processStart: null, store: "memory:" }),
  ]) {
    expect(parseStateFile(stateFileText(state))).toEqual(state);
  }
  const later = { ...JSON.parse(stateFileText(aState())), more: [1] };
  expect(parseStateFile(JSON.stringify(later))).toEqual(aState());
});

describe("what is no state file is not believed", () => {
  test.each([
    ["", "it is not JSON"],
    ["{", "it is not JSON"],
    ["[]", "it is no JSON object"],
    ["null", "it is no JSON object"],
    ["{}", "it is of another format than 1"],
  ])("%j", (text, reason) => {
    expect(parseStateFile(text)).toBe(reason);
  });

  test.each([
    ["pid", "12"],
    ["pid", 0],
    ["pid", -1],
    ["pid", 1.5],
    ["pid", null],
    ["name", ""],
    ["name", 5],
    ["name", "a\u001b[2J"],
    ["version", {}],
    ["process_start", 7],
    ["started_at", null],
    ["socket", "monitor.sock"],
    ["socket", null],
    ["socket", ["/a"]],
    ["store", "kb.db"],
    ["store", "postgres://u:p@h/d"],
    ["http", "https://127.0.0.1:1"],
    ["http", "http://u:p@127.0.0.1:1"],
    ["http", "http://127.0.0.1:1/path"],
    ["http", ["http://127.0.0.1:1"]],
    ["http", 7788],
    ["config_file", "monitor.yaml"],
    ["working_directory", "."],
    ["working_directory", undefined],
  ])("a %s that is %j is named", (field, value) => {
    const record = { ...JSON.parse(stateFileText(aState())), [field]: value };
    expect(parseStateFile(JSON.stringify(record))).toMatch(new RegExp(`^its ${field} is not `));
  });
});

test("the places are the service's folder, the user's own, and the public one", () => {
  expect(statePlaces({ XDG_RUNTIME_DIR: "/run/user/7" }, 7)).toEqual([
    { path: "/run/kissbot/monitor.json", kind: "service" },
    { path: "/run/user/7/kissbot/monitor.json", kind: "user" },
    { path: "/tmp/kissbot_monitor-7.json", kind: "public" },
  ]);
  for (const runtime of ["", "run"]) {
    expect(statePlaces({ XDG_RUNTIME_DIR: runtime }, 0).map(({ path }) => path)).toEqual([
      "/run/kissbot/monitor.json",
      "/tmp/kissbot_monitor-0.json",
    ]);
  }
  expect(placesNamed("off", {})).toEqual([]);
  expect(placesNamed("/x/y.json", {})).toEqual([{ path: "/x/y.json", kind: "named" }]);
});
