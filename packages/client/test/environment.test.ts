import { expect, test } from "vitest";
import { readEnvironment } from "../src/environment.js";
import { assertSocketPath, defaultSocketPath } from "../src/socket-path.js";

test("without settings, the socket is the monitor's default", () => {
  expect(readEnvironment({}, "linux")).toEqual({
    socketPath: "/tmp/kissbot_monitor.sock",
    disabled: false,
    debug: false,
    fault: "",
  });
  expect(defaultSocketPath("win32")).toBe("\\\\.\\pipe\\kissbot_monitor");
});

test.each([
  ["", false],
  ["0", false],
  ["false", false],
  ["1", true],
  ["true", true],
])("KISSBOT_MONITOR_DISABLED=%s", (value, disabled) => {
  expect(readEnvironment({ KISSBOT_MONITOR_DISABLED: value }, "linux")).toMatchObject({
    disabled,
    fault: "",
  });
});

test("a setting that makes no sense disables and says which one", () => {
  expect(readEnvironment({ KISSBOT_MONITOR_DISABLED: "si" }, "linux")).toMatchObject({
    disabled: true,
    fault: "KISSBOT_MONITOR_DISABLED: expected 1 or 0",
  });
  const long = readEnvironment({ KISSBOT_MONITOR_SOCKET: `/${"x".repeat(107)}` }, "linux");
  expect(long.disabled).toBe(true);
  expect(long.fault).toBe("KISSBOT_MONITOR_SOCKET: socketPath: expected 1 to 107 bytes and no NUL, got 108");
});

test("an option comes before the environment", () => {
  const env = { KISSBOT_MONITOR_SOCKET: `/${"x".repeat(200)}` };
  expect(readEnvironment(env, "linux", "/run/m.sock")).toMatchObject({
    socketPath: "/run/m.sock",
    disabled: false,
  });
});

test("a path holds 107 bytes, 103 on macOS, counted in UTF-8", () => {
  expect(() => assertSocketPath("é".repeat(53), "linux")).not.toThrow();
  expect(() => assertSocketPath("é".repeat(54), "linux")).toThrow(RangeError);
  expect(() => assertSocketPath("x".repeat(103), "darwin")).not.toThrow();
  expect(() => assertSocketPath("x".repeat(104), "darwin")).toThrow(RangeError);
  for (const path of ["", "a\0b"]) expect(() => assertSocketPath(path, "linux")).toThrow(RangeError);
  for (const path of [undefined, null, 7, {}])
    expect(() => assertSocketPath(path, "linux")).toThrow(TypeError);
});
