import { expect, test } from "vitest";
import type { FindRunning, Places, RunningPlaces } from "../../src/config/running-places.js";
import { placeNames } from "../../src/config/running-places.js";
import { defaults, resolve } from "./resolved.js";

const monitor: RunningPlaces = {
  stateFile: "/run/kissbot/monitor.json",
  socketPath: "/run/kissbot/monitor.sock",
  store: "/var/lib/kissbot/monitor.db",
  http: { host: "127.0.0.1", port: 7_790 },
  configFile: null,
  workingDirectory: "/var/lib/kissbot",
};

/** Runs with what a running monitor says, and tells with what it was asked for. */
function running(found: RunningPlaces | null = monitor, names = placeNames.slice()) {
  const asked: Partial<Places>[] = [];
  const find: FindRunning = (given) => {
    asked.push({ ...given });
    return found;
  };
  return { asked, options: { serving: false, running: { names, find } } };
}

test("the running monitor says where it is, after flag, variable and file, and before the default [trial/O4]", () => {
  const { options } = running();
  const { settings, origins } = resolve({}, {}, undefined, options);
  expect(settings).toEqual({
    ...defaults,
    socketPath: monitor.socketPath,
    store: monitor.store,
    http: monitor.http,
  });
  for (const name of placeNames) {
    expect(origins[name]).toEqual({ kind: "state_file", name: monitor.stateFile });
  }
  const yaml = "monitoring: { socket: /file.sock, store: /file.db }";
  const mixed = resolve(
    { socket: "/flag.sock" },
    { KISSBOT_MONITOR_SOCKET: "/variable.sock", KISSBOT_MONITOR_STORE: "/variable.db" },
    yaml,
    running().options,
  );
  expect(mixed.settings).toMatchObject({
    socketPath: "/flag.sock",
    store: "/variable.db",
    http: monitor.http,
  });
  expect(resolve({}, {}, yaml, running().options).settings).toMatchObject({
    socketPath: "/file.sock",
    store: "/file.db",
  });
  expect(resolve({}, {}, undefined, running(null).options).settings).toEqual(defaults);
});

test("it is looked for where something that the command needs is missing, with all that was given", () => {
  const every = { socket: "/a.sock", store: "a.db", http: "80" };
  const complete = running();
  resolve(every, {}, undefined, complete.options);
  expect(complete.asked).toEqual([]);
  const unneeded = running(monitor, ["store"]);
  resolve({ store: "a.db" }, {}, undefined, unneeded.options);
  expect(unneeded.asked).toEqual([]);
  const partly = running();
  resolve({ store: "a.db", http: "off" }, {}, undefined, partly.options);
  expect(partly.asked).toEqual([{ store: "/srv/bots/a.db", http: null }]);
});

test("a relative path of a file begins in the folder of the monitor that was started with it", () => {
  const yaml = "monitoring: { store: kb.db, socket: kb.sock }";
  const same = running({ ...monitor, configFile: "kb.yaml" });
  const { settings, origins } = resolve({}, {}, yaml, same.options);
  expect(same.asked).toEqual([{}]);
  expect(settings).toMatchObject({
    store: "/var/lib/kissbot/kb.db",
    socketPath: "/var/lib/kissbot/kb.sock",
    http: monitor.http,
  });
  expect(origins.store.kind).toBe("file");
  // Another file's relative path may be meant for any monitor.
  const other = resolve({}, {}, yaml, running({ ...monitor, configFile: "/etc/other.yaml" }).options);
  expect(other.settings).toMatchObject({
    store: "/srv/bots/kb.db",
    socketPath: "/srv/bots/kb.sock",
    http: defaults.http,
  });
});
