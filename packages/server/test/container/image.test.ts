import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { environmentName, fileFlagOf, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { run } from "../cli/program-run.js";
import {
  compose,
  composeText,
  imageEnvironment,
  imageFolder,
  instructions,
  lastOf,
  wordsOf,
} from "./image-files.js";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const settings = Object.values(settingTable as Readonly<Record<string, Setting<unknown>>>);
const variables = new Set([
  ...settings.map(({ flag }) => environmentName(flag)),
  ...settings.filter(({ secret }) => secret).map(({ flag }) => environmentName(fileFlagOf(flag))),
]);

describe("the Dockerfile", () => {
  test("has only instructions that there are, in two stages of one base", () => {
    const known = ["FROM", "ARG", "WORKDIR", "COPY", "RUN", "LABEL", "ENV", "USER", "VOLUME"];
    expect([...new Set(instructions.map(({ name }) => name))].sort()).toEqual(
      [...known, "HEALTHCHECK", "ENTRYPOINT", "CMD"].sort(),
    );
    const bases = instructions.filter(({ name }) => name === "FROM").map(({ text }) => text);
    expect(bases).toEqual(["node:24-bookworm-slim AS build", "node:24-bookworm-slim"]);
    // A base is named as everybody has it, and no server.
    expect(bases.join()).not.toContain(".");
  });

  test("sends no other file of its folder to the build than those it takes, so no secret [packaging/K1]", () => {
    const ignored = readFileSync(`${imageFolder}.dockerignore`, "utf8").trim().split("\n");
    expect(ignored).toEqual(["*", "!prune.mjs", "!kissbot-*.tgz"]);
    expect(readdirSync(imageFolder).sort()).toEqual([
      ".dockerignore",
      "Dockerfile",
      "compose.yaml",
      "prune.mjs",
    ]);
    const copies = instructions.filter(({ name }) => name === "COPY").map(({ text }) => text);
    expect(copies).toEqual([". /build/", "--from=build /app /app"]);
  });

  test("runs no install script, and takes the package of the registry or the tarballs beside it [packaging/K4]", () => {
    const [install = ""] = instructions.filter(({ name }) => name === "RUN").map(({ text }) => text);
    expect(install).toContain("npm install --omit=dev --ignore-scripts ");
    expect(install).toContain(`${manifest.name}@$VERSION`);
    expect(install).toContain("/build/kissbot-*.tgz");
    expect(install).toContain("node /build/prune.mjs /app");
  });

  test("makes the monitor a user by number, who alone writes in the folder of the socket [packaging/K1]", () => {
    expect(lastOf("USER")).toBe("7788:7788");
    const rights = instructions.filter(({ name }) => name === "RUN").at(-1)?.text ?? "";
    expect(rights).toContain("groupadd --gid 7788 bots");
    expect(rights).toContain("useradd --uid 7788 --gid bots");
    // Setgid, so that what the monitor makes is the bots' group's; not writable for the group.
    expect(rights).toContain("install -d -o kissbot -g bots -m 2750 /run/kissbot");
    expect(rights).toContain("install -d -o kissbot -g bots -m 0750 /var/lib/kissbot");
    expect(wordsOf(lastOf("VOLUME"))).toEqual(["/var/lib/kissbot", "/run/kissbot"]);
  });

  test("sets variables that are settings, with paths in its two volumes", () => {
    const own = Object.entries(imageEnvironment).filter(([name]) => name.startsWith("KISSBOT_"));
    expect(own.length).toBeGreaterThan(1);
    for (const [name, value] of own) {
      expect([...variables]).toContain(name);
      expect(value).toMatch(/^\/(?:run|var\/lib)\/kissbot\//);
    }
  });

  test("starts and asks by commands that there are", async () => {
    const [command] = wordsOf(lastOf("ENTRYPOINT"));
    expect(Object.keys(manifest.bin)).toEqual([command]);
    expect(imageEnvironment["PATH"]?.split(":")[0]).toBe("/app/node_modules/.bin");
    expect(wordsOf(lastOf("CMD"))).toEqual(["start"]);
    const [asked, ...words] = wordsOf(lastOf("HEALTHCHECK"));
    expect([asked, ...words]).toEqual([command, "status", "--quiet"]);
    const { stdout } = await run(["status", "--help"]);
    expect(stdout).toContain("--quiet");
  });

  test("calls a monitor that hangs unhealthy within 90 s [packaging/K2]", () => {
    const check = lastOf("HEALTHCHECK");
    const number = (name: string) => Number(new RegExp(`--${name}=(\\d+)`).exec(check)?.[1]);
    // It may hang right after a check; then all retries fail first.
    expect(number("retries") * (number("interval") + number("timeout"))).toBeLessThanOrEqual(90);
    // The command gives up by itself before it is killed, and says why.
    expect(number("timeout")).toBeGreaterThan(5);
  });
});

describe("the compose file", () => {
  const { monitor } = compose.services;

  test("takes every right from the container that it can do without [packaging/K1]", () => {
    expect(Object.keys(compose.services)).toEqual(["monitor"]);
    expect(monitor).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      tmpfs: ["/tmp"],
      ports: ["127.0.0.1:7788:7788"],
    });
    for (const key of ["depends_on", "privileged", "user", "cap_add", "pid", "network_mode"]) {
      expect(monitor, key).not.toHaveProperty(key);
    }
    // To see the bots' processes is the operator's choice.
    expect(composeText).toMatch(/^ {4}# pid: host$/m);
  });

  test("has the volumes of the image, under a name that a bot's file can have", () => {
    const targets = monitor?.volumes.map((text) => text.split(":")) ?? [];
    expect(targets.map(([, target]) => target).sort()).toEqual([...wordsOf(lastOf("VOLUME"))].sort());
    expect(targets.map(([source]) => source).sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(compose.volumes["run"]?.name).toBe("kissbot-run");
  });

  test("sets settings alone, and has its secret as a file [packaging/K7]", () => {
    const named = [...composeText.matchAll(/^\s*#?\s*(KISSBOT_\w+): (.*)$/gm)];
    expect(named.length).toBeGreaterThan(2);
    for (const [, name = ""] of named) expect([...variables]).toContain(name);
    const file = monitor?.environment["KISSBOT_MONITOR_HTTP_TOKEN_FILE"];
    expect(Object.keys(compose.secrets).map((name) => `/run/secrets/${name}`)).toEqual([file]);
    expect(monitor?.["secrets"]).toEqual(Object.keys(compose.secrets));
    // Beyond loopback the monitor refuses to start without a token.
    expect(monitor?.environment["KISSBOT_MONITOR_HTTP"]).toBe("0.0.0.0:7788");
  });

  test("lets the monitor end by itself", () => {
    expect(Number.parseInt(String(monitor?.["stop_grace_period"]), 10)).toBeGreaterThan(13);
    expect(monitor?.["restart"]).toBe("unless-stopped");
  });
});
