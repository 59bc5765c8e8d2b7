import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configPlaces } from "../../src/config/config-place.js";
import type { Environment, Flags } from "../../src/config/given-value.js";
import { type LoadOptions, loadSettings } from "../../src/config/load-settings.js";
import { environmentName, keyOf, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { UsageError } from "../../src/config/usage-error.js";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("config");
});
afterEach(() => place[Symbol.dispose]());

const load = (flags: Flags = {}, environment: Environment = {}, options: Partial<LoadOptions> = {}) =>
  loadSettings(flags, environment, { serving: true, places: [], ...options });

async function problems(...given: Parameters<typeof load>): Promise<readonly string[]> {
  const error = await load(...given).catch((thrown: unknown) => thrown);
  if (error instanceof UsageError) return error.problems;
  throw error;
}

function write(name: string, text: string, mode = 0o600): string {
  const path = place.file(name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** What a file in a place sets, and what names it. */
const nameOf = (name: string) => `monitoring: { name: ${name} }\n`;

describe("the config file", () => {
  test("has places: the machine's, then the user's [trial/O5]", () => {
    const machine = "/etc/kissbot/monitor.yaml";
    expect(configPlaces({ HOME: "/home/u" })).toEqual([machine, "/home/u/.config/kissbot/monitor.yaml"]);
    expect(configPlaces({ HOME: "/home/u", XDG_CONFIG_HOME: "/x" })).toEqual([
      machine,
      "/x/kissbot/monitor.yaml",
    ]);
    for (const own of ["", "x", "~/x"]) {
      expect(configPlaces({ HOME: "/home/u", XDG_CONFIG_HOME: own })[1]).toBe(
        "/home/u/.config/kissbot/monitor.yaml",
      );
    }
    expect(configPlaces({})).toEqual([machine]);
    expect(configPlaces({ HOME: "" })).toEqual([machine]);
  });

  test("is the flag's, else the variable's, else the first that exists, and it is known which [trial/O5]", async () => {
    const [flag, variable] = [write("flag.yaml", nameOf("flag")), write("variable.yaml", nameOf("variable"))];
    const places = [place.file("absent.yaml"), write("a.yaml", nameOf("a")), write("b.yaml", nameOf("b"))];
    const environment = { KISSBOT_MONITOR_CONFIG: variable };
    const told = async (...given: Parameters<typeof load>) => {
      const { settings, configFile } = await load(...given);
      return [settings.displayName, configFile?.path, configFile?.namedBy];
    };
    expect(await told({ config: flag }, environment, { places })).toEqual(["flag", flag, "--config"]);
    expect(await told({}, environment, { places })).toEqual(["variable", variable, "KISSBOT_MONITOR_CONFIG"]);
    expect(await told({}, { KISSBOT_MONITOR_CONFIG: "" }, { places })).toEqual(["a", places[1], null]);
    const none = [
      [{ config: false }, environment],
      [{}, { KISSBOT_MONITOR_NO_CONFIG: "1" }],
    ] as const;
    for (const [flags, more] of none) {
      expect((await load(flags, more, { places })).configFile).toBeNull();
    }
    expect((await load({}, { KISSBOT_MONITOR_NO_CONFIG: "0" }, { places })).configFile?.path).toBe(places[1]);
  });

  test("may be a link; one that leads nowhere is told, not passed over", async () => {
    write("real.yaml", nameOf("real"));
    symlinkSync("real.yaml", place.file("link.yaml"));
    symlinkSync("nowhere", place.file("lost.yaml"));
    const linked = await load({}, {}, { places: [place.file("link.yaml")] });
    expect(linked.settings.displayName).toBe("real");
    const [problem] = await problems({}, {}, { places: [place.file("lost.yaml"), place.file("link.yaml")] });
    expect(problem).toMatch(/^config file: cannot read ".*lost\.yaml": there is no such file: /);
    expect(problem).toContain("--no-config");
  });

  test("that is a folder, a device or endless is refused, by the name it was given under", async () => {
    mkdirSync(place.file("folder"));
    truncateSync(write("large.yaml", ""), 5 * 1_048_576);
    for (const [path, why] of [
      [place.file("folder"), "it is a folder"],
      ["/dev/zero", "it is a device"],
      [place.file("large.yaml"), "it has more than 4194304 bytes"],
      [place.file("absent.yaml"), "there is no such file"],
    ] as const) {
      expect(await problems({ config: path })).toEqual([`--config: cannot read "${path}": ${why}`]);
    }
  });

  const isRoot = process.geteuid?.() === 0;
  if (isRoot) console.warn("load-settings.test.ts: SKIPPED a file that cannot be read (root reads each)");
  test.skipIf(isRoot)("that this user may not read is left out by commands alone", async () => {
    const places = [write("closed.yaml", nameOf("closed"), 0)];
    expect(await problems({}, {}, { places })).toHaveLength(1);
    const { notices, configFile } = await load({}, {}, { places, lenient: true });
    expect(configFile).toBeNull();
    expect(notices).toEqual([`The config file ${places[0]} was left out: this user may not read it.`]);
    expect(await problems({ config: places[0] }, {}, { lenient: true })).toHaveLength(1);
  });

  test("whose section is missing is refused for every command [trial/O9]", async () => {
    const path = write("monitor.yaml", "Monitoring:\n  name: x\n");
    for (const lenient of [true, false]) {
      expect(await problems({}, {}, { places: [path], lenient })).toEqual([
        `${path}:1:1: there is no section monitoring: in this file, but "Monitoring": did you mean monitoring?`,
      ]);
    }
  });
});

describe("a secret in a file", () => {
  const sources = (path: string): [Flags, Environment][] => [
    [{ "http-token-file": path }, {}],
    [{}, { KISSBOT_MONITOR_HTTP_TOKEN_FILE: path }],
    [{ config: write("flat.yaml", `monitoring:\n  http_token_file: ${path}\n`) }, {}],
    [{ config: write("section.yaml", `monitoring:\n  http:\n    token_file: ${path}\n`) }, {}],
  ];

  test("is read without one newline, wherever the file is named", async () => {
    for (const text of ["s3cret", "s3cret\n", "s3cret\r\n"]) {
      for (const [flags, environment] of sources(write("token", text))) {
        const { settings, notices, origins } = await load(flags, environment);
        expect(settings.httpToken).toBe("s3cret");
        expect(notices).toEqual([]);
        expect(origins.httpToken.name).toContain("token");
        expect(origins.httpToken.name).not.toContain("s3cret");
      }
    }
  });

  const secrets = Object.values(settingTable as Readonly<Record<string, Setting<unknown>>>).filter(
    ({ secret }) => secret === true,
  );

  test("is possible for each setting that is a secret: by flag, by variable and by key [packaging/K7]", async () => {
    expect(secrets.map(({ flag }) => flag)).toEqual(
      expect.arrayContaining(["http-token", "http-write-token", "alert-url"]),
    );
    for (const { flag, nestedKey } of secrets) {
      const texts: Readonly<Record<string, string>> = {
        "alert-url": "https://hooks.example/in",
        fleet: "postgres://writer:s3cret@db.example/kissbot",
      };
      const text = texts[flag] ?? "s3cret";
      const [good, absent] = [write(`good-${flag}`, `${text}\n`), place.file("absent")];
      const named = (path: string): [Flags, Environment][] => [
        [{ [`${flag}-file`]: path }, {}],
        [{}, { [`${environmentName(flag)}_FILE`]: path }],
        ...[keyOf(flag), nestedKey]
          .filter((key) => key !== undefined)
          .map((key): [Flags, Environment] => {
            const lines = `${key}_file`.split(".").map((part, depth) => `${"  ".repeat(depth + 1)}${part}:`);
            return [{ config: write("secret.yaml", `monitoring:\n${lines.join("\n")} ${path}\n`) }, {}];
          }),
      ];
      // Without a token for reading, one for writing is refused.
      const rest = flag === "http-write-token" ? { KISSBOT_MONITOR_HTTP_TOKEN: "another" } : {};
      for (const i of named(good).keys()) {
        const [flags = {}, environment = {}] = named(good)[i] ?? [];
        await expect(load(flags, { ...rest, ...environment }), `${flag} ${i}`).resolves.toBeDefined();
        const [badFlags = {}, badEnvironment = {}] = named(absent)[i] ?? [];
        const told = await problems(badFlags, { ...rest, ...badEnvironment });
        expect(told.join(), `${flag} ${i}`).toContain("there is no such file");
        expect(told.join()).toContain(absent);
      }
    }
  });

  test("that cannot be read, or holds none, is named, and its content is never shown [packaging/K7]", async () => {
    mkdirSync(place.file("folder"));
    truncateSync(write("large", ""), 65_537);
    symlinkSync("loop", place.file("loop"));
    for (const [path, why] of [
      [place.file("absent"), "there is no such file"],
      [place.file("folder"), "this is none"],
      ["/dev/null", "this is none"],
      [write("empty", ""), "this file is empty"],
      [write("newline", "\n"), "this file is empty"],
      [place.file("large"), "at most 65536 bytes"],
      [place.file("loop"), "its links go in circles"],
      [write("two", "my s3cret\nline\n"), "expected visible ASCII characters without spaces"],
      [write("umlaut", "sécret"), "expected visible ASCII characters without spaces"],
    ] as const) {
      for (const [flags, environment] of sources(path)) {
        const told = await problems(flags, environment);
        expect(told, path).toHaveLength(1);
        expect(told[0]).toContain(why);
        expect(told[0]).toContain(path);
        expect(told[0]).toMatch(
          /^(--http-token-file|KISSBOT_MONITOR_HTTP_TOKEN_FILE|.*monitoring\.http.token_file)/,
        );
        expect(told[0]).not.toMatch(/s3cret|sécret/);
      }
    }
  });

  test("and beside it is one too many; an empty variable is none", async () => {
    const path = write("token", "s3cret");
    const both = { KISSBOT_MONITOR_HTTP_TOKEN: "a", KISSBOT_MONITOR_HTTP_TOKEN_FILE: path };
    expect(await problems({}, both)).toEqual([
      "KISSBOT_MONITOR_HTTP_TOKEN_FILE: KISSBOT_MONITOR_HTTP_TOKEN sets the same",
    ]);
    const stronger = await load({ "http-token": "flag" }, { KISSBOT_MONITOR_HTTP_TOKEN_FILE: path });
    expect(stronger.settings.httpToken).toBe("flag");
    const empty = { KISSBOT_MONITOR_HTTP_TOKEN: "", KISSBOT_MONITOR_HTTP_TOKEN_FILE: "" };
    expect((await load({}, empty)).settings.httpToken).toBeNull();
  });

  test.skipIf(process.platform === "win32")(
    "that others may read or write is used, with a warning",
    async () => {
      for (const [mode, why] of [
        [0o644, "every user of this machine may read"],
        [0o604, "every user of this machine may read"],
        [0o620, "others may write"],
        [0o602, "others may write"],
        [0o640, null],
      ] as const) {
        const { settings, notices } = await load(
          {},
          { KISSBOT_MONITOR_HTTP_TOKEN_FILE: write("token", "s", mode) },
        );
        expect(settings.httpToken).toBe("s");
        expect(notices.length).toBe(why === null ? 0 : 1);
        if (why !== null) expect(notices[0]).toContain(why);
      }
      const config = write("open.yaml", "monitoring: { http_token: s3cret }\n", 0o644);
      const { notices } = await load({ config });
      expect(notices).toEqual([
        `${config}:1:15 monitoring.http_token: every user of this machine may read this file: chmod o= it`,
      ]);
      expect((await load({ config: write("open.yaml", nameOf("x"), 0o644) })).notices).toEqual([]);
    },
  );
});
