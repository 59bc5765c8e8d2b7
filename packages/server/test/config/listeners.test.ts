import { mkdirSync, symlinkSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import type { Environment, Flags } from "../../src/config/given-value.js";
import type { ListenerSettings } from "../../src/config/listener-settings.js";
import type { ResolveOptions } from "../../src/config/resolve-settings.js";
import { UsageError } from "../../src/config/usage-error.js";
import { listenerOf } from "./listener-of.js";
import { problemsOf, resolve } from "./resolved.js";

const token = { KISSBOT_MONITOR_HTTP_TOKEN: "a-token" };

/** A file whose section of listeners has these entries. */
const file = (...entries: readonly string[]) =>
  `monitoring:\n  socket_path: /run/kb/monitor.sock\n  listeners:\n${entries.map((entry) => `    - ${entry}\n`).join("")}`;

const faults = (...entries: readonly string[]) => problemsOf({}, token, file(...entries));
const ofFlags = (...listen: readonly string[]) => resolve({ listen }, token).settings.listeners;
const ofUrl = (...listen: readonly string[]) => problemsOf({ listen }, token);
const whole = "principal: a, socket: /run/a.sock, channels: a_*";
const url = "unix:/run/a.sock?as=a&channels=a_*";

const plain = listenerOf("a", "/run/a.sock");
const full: ListenerSettings = {
  ...plain,
  socketMode: 0o600,
  socketGroup: "root",
  socketOwner: "0",
  channels: ["a_*", "#a-*"],
  maxBots: 50,
  maxConnections: 200,
  rowsPerSecond: 100,
  processes: "own",
  uid: 0,
};

describe("the section listeners", () => {
  test("may be absent or empty, and is one listener or a list of them", () => {
    expect(resolve({}, {}, "monitoring:\n  name: a\n").settings.listeners).toEqual([]);
    expect(resolve({}, {}, "monitoring:\n  listeners:\n").settings.listeners).toEqual([]);
    expect(resolve({}, token, `monitoring:\n  listeners: { ${whole} }\n`).settings.listeners).toEqual([
      plain,
    ]);
    const all = `{ principal: a, socket: /run/a.sock, owner: 0, group: root, mode: 600, channels: ["a_*", "#a-*"], max_bots: 50, max_connections: 200, rows_per_second: 100, processes: own, uid: root }`;
    const second = "{ principal: b.c-1, socket: /run/b.sock, channels: b, processes: any }";
    expect(resolve({}, token, file(all, second)).settings.listeners).toEqual([
      full,
      { ...plain, principal: "b.c-1", socketPath: "/run/b.sock", channels: ["b"] },
    ]);
  });

  test.each([
    ["{ socket: /a, channels: a }", "[0]: expected the key principal; there is none"],
    ["{ principal: a, channels: a }", "[0]: expected the key socket; there is none"],
    ["{ principal: a, socket: /a }", "[0]: expected the key channels; there is none"],
    [
      "{ principal: a b, socket: /a, channels: a }",
      '[0].principal: expected a name of 1 to 64 letters, digits, _ . and -, other than local, which is that of socket_path; got "a b"',
    ],
    [
      "{ principal: local, socket: /a, channels: a }",
      '[0].principal: expected a name of 1 to 64 letters, digits, _ . and -, other than local, which is that of socket_path; got "local"',
    ],
    [
      "{ principal: a, socket: a.sock, channels: a }",
      '[0].socket: expected the absolute path of a socket, not of a folder, at most 107 bytes; got "a.sock"',
    ],
    [
      `{ principal: a, socket: /${"x".repeat(107)}, channels: a }`,
      `[0].socket: expected the absolute path of a socket, not of a folder, at most 107 bytes; got "/${"x".repeat(79)}…"`,
    ],
    [
      '{ principal: a, socket: /a, channels: "a b" }',
      '[0].channels: expected a channel, in which * stands for any text, such as twitch/*; got "a b"',
    ],
    [
      '{ principal: a, socket: /a, channels: [a, ""] }',
      '[0].channels[1]: expected a channel, in which * stands for any text, such as twitch/*; got ""',
    ],
    ["{ principal: a, socket: /a, channels: [] }", "[0].channels: expected 1 to 256 values; got 0"],
    [
      `{ ${whole}, mode: 1777 }`,
      '[0].mode: expected permission bits in octal from 000 to 0777, such as 0660; got "1777"',
    ],
    [
      `{ ${whole}, group: no_such_group }`,
      '[0].group: expected a group of /etc/group or its number; got "no_such_group"',
    ],
    [
      `{ ${whole}, owner: no_such_user }`,
      '[0].owner: expected a user of /etc/passwd or its number; got "no_such_user"',
    ],
    [`{ ${whole}, owner: "a:b" }`, '[0].owner: expected the name or number of a user; got "a:b"'],
    [
      `{ ${whole}, processes: own, uid: no_such_user }`,
      '[0].uid: expected a user of /etc/passwd or its number; got "no_such_user"',
    ],
    [
      `{ ${whole}, processes: own }`,
      "[0].processes: expected the key uid with own: the user whose processes are looked at; there is none",
    ],
    [`{ ${whole}, uid: 0 }`, "[0].uid: expected processes: own with it, as it has no effect else"],
    [`{ ${whole}, processes: mine }`, '[0].processes: expected one of any, own; got "mine"'],
    [`{ ${whole}, max_bots: 0 }`, '[0].max_bots: expected a whole number from 1 to 10000000; got "0"'],
    [
      `{ ${whole}, max_connections: 1.5 }`,
      '[0].max_connections: expected a whole number from 1 to 10000000; got "1.5"',
    ],
    [
      `{ ${whole}, rows_per_second: many }`,
      '[0].rows_per_second: expected a whole number from 1 to 10000000; got "many"',
    ],
    [`{ ${whole}, max_bot: 5 }`, '[0] has no key "max_bot": did you mean max_bots?'],
  ])("tells of %s its line and column, its key and what was expected [users/U7]", (entry, fault) => {
    const found = faults(entry);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^kb\.yaml:4:\d+ monitoring\.listeners\[0\]/);
    expect(found[0]?.replace(/^\S+ monitoring\.listeners/, "")).toBe(fault);
  });

  test("refuses a principal that another listener has, at its key [users/U7]", () => {
    expect(faults(`{ ${whole} }`, "{ principal: a, socket: /run/b.sock, channels: b }")).toEqual([
      "kb.yaml:5:9 monitoring.listeners[1].principal: expected a principal of its own; a is that of kb.yaml:4:9 monitoring.listeners[0].principal",
    ]);
  });

  test("refuses a path that another listener has, its lock, and those of socket_path [users/U7]", () => {
    const other = (path: string) => `{ principal: b, socket: ${path}, channels: b }`;
    const ofFirst = "is taken by kb.yaml:4:23 monitoring.listeners[0].socket, /run/a.sock, with its .lock";
    for (const path of ["/run/a.sock", "/run/a.sock.lock", "/run/../run//a.sock"]) {
      expect(faults(`{ ${whole} }`, other(path))).toEqual([
        expect.stringMatching(
          /^kb\.yaml:5:23 monitoring\.listeners\[1\]\.socket: expected a path of its own; /,
        ),
      ]);
      expect(faults(`{ ${whole} }`, other(path))[0]).toContain(ofFirst);
    }
    for (const suffix of ["", ".lock", ".control", ".control.lock"]) {
      expect(faults(other(`/run/kb/monitor.sock${suffix}`))).toEqual([
        `kb.yaml:4:23 monitoring.listeners[0].socket: expected a path of its own; /run/kb/monitor.sock${suffix} is taken by socket_path, /run/kb/monitor.sock, with its .control and .lock`,
      ]);
    }
    expect(faults(`{ ${whole} }`, other("/run/a.sock.control"))).toEqual([]);
  });

  test("sees through two names of one folder [users/U7]", () => {
    using folder = new TemporaryFolder("listeners");
    mkdirSync(folder.file("real"));
    symlinkSync("real", folder.file("name"));
    const [first, second] = ["real", "name"].map((name) => folder.file(name, "later", "a.sock"));
    expect(
      faults(
        `{ principal: a, socket: ${first}, channels: a }`,
        `{ principal: b, socket: ${second}, channels: b }`,
      ),
    ).toEqual([expect.stringContaining(`expected a path of its own; ${second} is taken by`)]);
  });

  test("refuses rates that the database is not said to take, or bursts that the queue cannot hold [users/U7]", () => {
    const rated = (name: string, rows: number) =>
      `{ principal: ${name}, socket: /run/${name}, channels: a, rows_per_second: ${rows} }`;
    expect(faults(rated("a", 6_000), rated("b", 4_000))).toEqual([]);
    expect(faults(rated("a", 6_000), rated("b", 4_001))).toEqual([
      "kb.yaml:5:52 monitoring.listeners[1].rows_per_second: expected at most 10000 rows a second of all listeners (store_rows_per_second); got 10001",
    ]);
    const limited = `${file(rated("a", 60), rated("b", 41))}  queue_limit: 1000\n`;
    expect(problemsOf({}, token, limited)).toEqual([
      "kb.yaml:5:52 monitoring.listeners[1].rows_per_second: expected bursts of at most 1000 rows of all listeners (queue_limit), 10 s at their rates; got 1010",
    ]);
    expect(problemsOf({ "store-rows-per-second": "50" }, token, file(rated("a", 51)))).toHaveLength(1);
  });

  test("refuses processes: own where the probe cannot see whose a process is", () => {
    const own = file(`{ ${whole}, processes: own, uid: 0 }`);
    expect(problemsOf({}, token, own)).toEqual([]);
    expect(problemsOf({ probe: "pidusage" }, token, own)).toEqual([
      "kb.yaml:4:59 monitoring.listeners[0].processes: expected any, as only the probe proc of Linux sees whose a process is; got own",
    ]);
  });

  test("asks for a token of HTTP on loopback too, and says what to do", () => {
    const [asked] = problemsOf({}, {}, file(`{ ${whole} }`));
    expect(asked).toBe(
      "kb.yaml:3:3 monitoring.listeners: with several users each of them can ask 127.0.0.1:7788 for all bots, so it needs a token: set KISSBOT_MONITOR_HTTP_TOKEN, or --no-http",
    );
    expect(problemsOf({ listen: [url] }, {})).toEqual([asked?.replace(/^.*listeners:/, "--listen:")]);
    expect(problemsOf({ listen: [url], http: false }, {})).toEqual([]);
    expect(problemsOf({ listen: [url] }, { KISSBOT_MONITOR_HTTP_WRITE_TOKEN: "x" })).toHaveLength(1);
    expect(resolve({ listen: [url] }, {}, undefined, { serving: false }).settings.listeners).toEqual([plain]);
  });

  test("without an account of this machine is no fault of commands that only talk to a monitor", () => {
    const strange = file(`{ ${whole}, group: no_such_group, processes: own, uid: no_such_user }`);
    const of = (options: Partial<ResolveOptions>) => resolve({}, token, strange, options);
    expect(of({ serving: false }).notices).toEqual([]);
    expect(of({ serving: false }).settings.listeners[0]).toMatchObject({
      socketGroup: "no_such_group",
      uid: null,
    });
    expect(() => of({ secrets: "noticed" })).toThrow(UsageError);
    expect(() => of({})).toThrow(UsageError);
  });
});

describe("--listen", () => {
  test("is a listener as a URL, as often as wanted, in the variable with commas between", () => {
    expect(ofFlags(url)).toEqual([plain]);
    const all =
      "unix:///run/a.sock?as=a&channels=a_*&channels=%23a-*&group=root&owner=0&mode=600&max-bots=50&max-connections=200&rows-per-second=100&processes=own&uid=root";
    expect(ofFlags(all)).toEqual([full]);
    const second = "unix:/run/b%2c.sock?as=b&channels=b+=?*&channels=%25%26";
    const other = { ...plain, principal: "b", socketPath: "/run/b,.sock", channels: ["b+=?*", "%&"] };
    expect(ofFlags(url, second)).toEqual([plain, other]);
    const variable = { ...token, KISSBOT_MONITOR_LISTEN: `${url}, ${second}` };
    expect(resolve({}, variable).settings.listeners).toEqual([plain, other]);
    expect(resolve({}, token, `monitoring:\n  listen: ["${url}"]\n`).settings.listeners).toEqual([plain]);
  });

  test("comes behind the listeners of the file, and is judged with them", () => {
    const of = (flags: Flags, environment: Environment, yaml: string) =>
      resolve(flags, { ...token, ...environment }, yaml);
    const flag = { listen: ["unix:/run/b.sock?as=b&channels=b"] };
    const { settings, leaves } = of(flag, {}, file(`{ ${whole} }`));
    expect(settings.listeners.map(({ principal }) => principal)).toEqual(["a", "b"]);
    expect(settings.listen).toEqual(flag.listen);
    expect(leaves.map(({ path }) => path)).toEqual([
      "listeners[0].principal",
      "listeners[0].socket",
      "listeners[0].channels",
    ]);
    expect(problemsOf({ listen: [url] }, token, file(`{ ${whole} }`))).toEqual([
      "--listen unix:/run/a.sock?as: expected a principal of its own; a is that of kb.yaml:4:9 monitoring.listeners[0].principal",
      "--listen unix:/run/a.sock: expected a path of its own; /run/a.sock is taken by kb.yaml:4:23 monitoring.listeners[0].socket, /run/a.sock, with its .lock",
    ]);
  });

  test.each([
    [
      "/run/a.sock?as=a",
      /^--listen: expected unix:PATH\?as=NAME&channels=PATTERN, and any of owner, group, .*; got "\/run/,
    ],
    ["unix:", /^--listen: expected unix:PATH/],
    ["unix:/run/a.sock", /^--listen unix:\/run\/a\.sock: expected the parameter as; there is none$/],
    [
      "unix:/run/a.sock?as=a",
      /^--listen unix:\/run\/a\.sock: expected the parameter channels; there is none$/,
    ],
    [
      "unix:a.sock?as=a&channels=a",
      /^--listen unix:a\.sock: expected the absolute path of a socket, .*; got "a\.sock"$/,
    ],
    [`${url}&max-bot=5`, /: has no parameter "max-bot": did you mean max-bots\?$/],
    [`${url}&max_bots=5`, /: has no parameter "max_bots": did you mean max-bots\?$/],
    [`${url}&colour=5`, /: has no parameter "colour": expected one of as, owner, group, mode, channels, /],
    [
      `${url}&max-bots=x`,
      /^--listen unix:\/run\/a\.sock\?max-bots: expected a whole number from 1 to 10000000; got "x"$/,
    ],
    [`${url}&max-bots=1&max-bots=2`, /^--listen unix:\/run\/a\.sock\?max-bots: is there twice$/],
    [`${url}&group=%zz`, /: expected two hexadecimal digits behind each %; got "%zz"$/],
    [
      `${url}&group=no_such_group`,
      /^--listen unix:\/run\/a\.sock\?group: expected a group of \/etc\/group or its number; got "no_such_group"$/,
    ],
    [`${url}&processes=own`, /^--listen unix:\/run\/a\.sock\?processes: expected the key uid with own/],
    [
      "unix:/run/a.sock?as=local&channels=a",
      /^--listen unix:\/run\/a\.sock\?as: expected a name .* other than local/,
    ],
  ])("tells of %s the part and what was expected [users/U7]", (text, fault) => {
    const found = ofUrl(text);
    expect(found.filter((one) => fault.test(one))).toHaveLength(1);
  });
});
