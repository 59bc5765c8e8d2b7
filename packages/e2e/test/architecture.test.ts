import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rootFiles } from "./root-files.js";
import { readPackages, root } from "./source-tree.js";

const packages = readPackages();
const published = packages.filter(({ manifest }) => !manifest.private);

interface Rule {
  /**
   * What the sources may import beside their own files, and thus what the package may depend on at
   * run time.
   */
  readonly packages: readonly string[];
  readonly builtins: boolean;
  /** What only a subpath imports, which its user then has to bring along. */
  readonly optionalPeers?: readonly string[];
}

const allowed: Record<string, Rule> = {
  "@kissbot/protocol": { packages: [], builtins: false },
  "@kissbot/client": { packages: ["@kissbot/protocol"], builtins: true },
  // The contract suite's property tests, and PostgreSQL for who asks for it.
  "@kissbot/store": {
    packages: ["better-sqlite3", "pg"],
    builtins: true,
    optionalPeers: ["fast-check", "pg"],
  },
  "@kissbot/server": {
    packages: [
      "@kissbot/protocol",
      "@kissbot/store",
      "@pydantic/genai-prices",
      "commander",
      "croner",
      "fastify",
      "nodemailer",
      "pidusage",
      "pino",
      "prom-client",
      "string-width",
      "wrap-ansi",
      "yaml",
    ],
    // For the database of several hosts; the store imports it.
    optionalPeers: ["pg"],
    builtins: true,
  },
};

/** Some files of another room, or all of it (`true`). */
type Door = readonly string[] | true;

/** The registry as its readers and listeners see it: they cannot change it. */
const readView = ["bot", "cause-code", "fleet-listener", "fleet-view", "transition"];

/**
 * The rooms of the server: what each may import of the others, beside its own files and those that
 * everybody may use (`rootFiles.shared`). What else a room needs is handed to it, as a type of its
 * own.
 */
const rooms: Record<string, Record<string, Door>> = {
  ingest: {
    "@kissbot/protocol": true,
    queue: true,
    principals: ["principal", "principals"],
    config: ["socket-path"],
  },
  // Who reports: it knows of no other room.
  principals: {},
  // Usage waits in the store's own table of columns, and is in no other form until its commit.
  queue: {
    "@kissbot/protocol": true,
    "@kissbot/store": true,
    principals: ["principal"],
    registry: ["probe-result"],
  },
  worker: {
    "@kissbot/protocol": true,
    "@kissbot/store": true,
    queue: true,
    registry: true,
    live: true,
    alerts: true,
    cost: ["applied-prices", "null-reason", "price", "price-book"],
  },
  registry: {},
  sampling: { queue: true, registry: [...readView, "probe-result"] },
  http: {
    "@kissbot/store": true,
    registry: readView,
    cost: ["budget-standings", "null-reason", "price-book", "price-json", "unpriced-models"],
    dashboard: true,
    alerts: ["episode", "explanation", "receiver-state", "silence"],
    live: ["viewer"],
    principals: ["principal"],
    fleet: ["hosts-picture", "hosts-view", "other-bots", "shown-host"],
  },
  metrics: { "@kissbot/store": true, registry: readView },
  live: { "@kissbot/store": true, registry: readView },
  // The routes of HTTP on a socket that is made as that of the bots is.
  control: {
    http: [
      "admission",
      "api-error",
      "event-stream",
      "http-app",
      "open-connections",
      "page-route",
      "proxy-header",
      "request-target",
      "route",
      "routes",
    ],
    live: ["viewer"],
    ingest: ["listen", "path-content", "path-watch", "socket-file"],
    config: ["changed-settings", "load-settings", "settings", "usage-error"],
    registry: [...readView, "forget-reason"],
  },
  // It decides what is wrong and who is told. It does no I/O, and takes spans from a clock that
  // never steps.
  alerts: {
    "@kissbot/store": true,
    config: ["alert-settings"],
    registry: [...readView, "attentive-clock"],
    cost: ["budget-standings", "budget-text"],
  },
  // What the page is made of, and who may see it: it knows of no other room.
  dashboard: {},
  // What calls cost, and what of the budgets is spent. It knows of no other room, prices rows where
  // they wait, and asks the store for the past alone.
  cost: { "@kissbot/store": true },
  // What the operator says of prices is read here, and used there.
  config: { "@kissbot/store": true, cost: ["price", "price-entry"] },
  // The database of several hosts, as this host sees it.
  fleet: { "@kissbot/store": true, alerts: ["host-incidents"], config: ["fleet-address"] },
  // What is sent, and how; never what is decided.
  // Says that the monitor works; it depends on no store.
  pulse: { notices: ["http-post"], config: ["secret"] },
  notices: { alerts: ["notice", "receiver-door"], config: ["alert-settings", "secret"] },
  "state-file": {},
  cli: {
    "@kissbot/protocol": true,
    "@kissbot/store": true,
    alerts: ["notice", "receiver-door", "window"],
    config: true,
    cost: true,
    daemon: true,
    hub: true,
    notices: true,
    "open-prices": true,
    "start-report": true,
    "state-file": true,
  },
};

/** Files of more than 300 lines, and how long each may be at most. */
const longFiles: Record<string, number> = {
  // Every event of the fleet and what it does, in one place: what it means is decided elsewhere.
  "packages/server/src/registry/registry.ts": 495,
  // Every setting, once.
  "packages/server/src/config/setting-table.ts": 420,
  // The wiring: who is made, and who hears of whom.
  "packages/server/src/daemon.ts": 690,
  // The wiring of a hub, and what stands in the place of the parts that it has not.
  "packages/server/src/hub.ts": 345,
  // The desk of the alerts: what others may ask of it, and its turn.
  "packages/server/src/alerts/alert-desk.ts": 455,
  // What one receiver is told: its states share one delivery and one look at the news.
  "packages/server/src/alerts/mailbox.ts": 400,
  // One round of the stream, whose kinds of events share an order.
  "packages/server/src/live/live-feed.ts": 310,
  // The three lanes of one gathering, which share what is due and when.
  "packages/server/src/worker/store-writer.ts": 385,
  // One layout of columns: how it grows, packs and is read.
  "packages/store/src/record-table.ts": 330,
  // Each method of the store's interface, with little in it.
  "packages/store/src/sqlite/sqlite-store.ts": 370,
  "packages/store/src/postgres/postgres-store.ts": 345,
  // Each step of the schema, as it landed.
  "packages/store/src/sqlite/file/schema.ts": 320,
  // The writing thread: its messages share one loop and one transaction.
  "packages/store/src/sqlite/thread/write-loop.ts": 305,
  // The whole public API of the client in one class: each method with what it guarantees.
  "packages/client/src/monitor-client.ts": 570,
  // One state machine of bytes, whose reasons stand beside it.
  "packages/protocol/src/decoder.ts": 403,
};

const packageOf = (specifier: string) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

describe.each(published)("$name", ({ name, folder, manifest, files }) => {
  const rule = allowed[name];
  const sources = files.filter(({ path }) => path.startsWith(`packages/${folder}/src/`));

  test("is named in the table of what may be imported", () => {
    expect(rule).toBeDefined();
  });

  test("imports only what the table allows", () => {
    expect(sources.length).toBeGreaterThan(0);
    for (const { path, imports } of sources) {
      for (const specifier of imports) {
        if (specifier.startsWith(".")) {
          expect(join("/", path, "..", specifier), `${path} leaves its package`).toContain(
            `/packages/${folder}/`,
          );
        } else if (isBuiltin(specifier)) {
          expect(rule?.builtins, `${path} imports ${specifier}`).toBe(true);
        } else {
          expect([name, ...(rule?.packages ?? [])], `${path} imports ${specifier}`).toContain(
            packageOf(specifier),
          );
        }
      }
    }
  });

  test("depends at run time on nothing else", () => {
    const { dependencies, peerDependencies = {}, peerDependenciesMeta = {}, optionalDependencies } = manifest;
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    for (const dependency of names) expect(rule?.packages).toContain(dependency);
    for (const peer of Object.keys(peerDependencies)) {
      expect(rule?.optionalPeers ?? []).toContain(peer);
      expect(peerDependenciesMeta[peer]?.optional).toBe(true);
    }
  });

  test("has an explicit index: no `export *`", () => {
    for (const { path, text } of sources) expect(text, path).not.toMatch(/^export \*/m);
  });

  test("has no source file of more than 300 lines, but for those with a reason", () => {
    for (const { path, text } of sources) {
      expect(text.split("\n").length, path).toBeLessThanOrEqual(longFiles[path] ?? 301);
    }
  });
});

describe("the rooms of @kissbot/server", () => {
  const source = "packages/server/src/";
  const files = packages.flatMap((each) => each.files).filter(({ path }) => path.startsWith(source));
  const roomOf = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : undefined);

  test("are those of the table", () => {
    const found = files
      .map(({ path }) => roomOf(path.slice(source.length)))
      .filter((room) => room !== undefined);
    expect([...new Set(found)].sort()).toEqual(Object.keys(rooms).sort());
  });

  test.each(Object.keys(rooms))("%s imports what the table allows", (room) => {
    const doors = rooms[room] ?? {};
    const own = files.filter(({ path }) => roomOf(path.slice(source.length)) === room);
    expect(own.length).toBeGreaterThan(0);
    for (const { path, imports } of own) {
      for (const specifier of imports) {
        const why = `${path} imports ${specifier}`;
        if (specifier.startsWith("@kissbot/")) {
          expect(doors[packageOf(specifier)], why).toBe(true);
        } else if (specifier.startsWith(".")) {
          const target = join(path, "..", specifier).slice(source.length).replace(/\.js$/, "");
          const targetRoom = roomOf(target);
          if (targetRoom === room) continue;
          if (targetRoom === undefined) {
            expect([...rootFiles.shared, ...Object.keys(doors)], why).toContain(target);
          } else {
            const door = doors[targetRoom];
            expect(door, why).toBeDefined();
            if (door !== true) expect(door, why).toContain(target.slice(targetRoom.length + 1));
          }
        }
      }
    }
  });

  test("only the worker and the daemon reach the registry's write side and write to the store", () => {
    const writers = files.filter(({ imports }) =>
      imports.some((name) => /registry\/registry\.js$/.test(name)),
    );
    expect(writers.map(({ path }) => path.slice(source.length)).sort()).toEqual([
      "daemon.ts",
      "worker/worker.ts",
    ]);
    const writes = files.filter(
      ({ text }) => /\.(write|maintain)\(/.test(text) && /@kissbot\/store/.test(text),
    );
    for (const { path } of writes) expect(path, "writes to the store").toMatch(/\/src\/worker\//);
  });
});

test("only what posts a notice or connects to the fleet database reveals a secret [alerts/A27]", () => {
  const sources = packages
    .flatMap(({ files }) => files)
    .filter(({ path }) => /^packages\/[^/]+\/src\//.test(path));
  const callers = sources.filter(({ text }) => /\breveal\(\)/.test(text)).map(({ path }) => path);
  expect(callers.sort()).toEqual([
    // Commands about several hosts ask the fleet database themselves.
    "packages/server/src/cli/fleet-address.ts",
    // It asks the store whether the URL is one.
    "packages/server/src/config/load-settings.ts",
    "packages/server/src/config/secret.ts",
    "packages/server/src/fleet/fleet-keeper.ts",
    "packages/server/src/fleet/hub-keeper.ts",
    "packages/server/src/notices/http-post.ts",
    "packages/server/src/notices/mail.ts",
  ]);
});

describe("the page of @kissbot/server", () => {
  const folder = "packages/server/page/";
  const files = packages.flatMap((each) => each.files).filter(({ path }) => path.startsWith(folder));

  test("imports its own files, preact, its signals, in one file uPlot, and nothing else", () => {
    expect(files.length).toBeGreaterThan(30);
    for (const { path, imports } of files) {
      for (const specifier of imports) {
        if (specifier.startsWith(".")) {
          expect(join(path, "..", specifier), `${path} leaves the page`).toMatch(/^packages\/server\/page\//);
        } else {
          // The runtime of JSX is named by the compiler.
          const known = ["preact", "preact/hooks", "preact/jsx-runtime", "@preact/signals"];
          if (path.endsWith("/bot/drawn-chart.ts")) known.push("uplot");
          expect(known, `${path} imports ${specifier}`).toContain(specifier);
        }
      }
    }
  });

  test("makes no element and no program of a text", () => {
    const makers =
      /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|\beval\b|new Function|document\.write/;
    for (const { path, text } of files) expect(text, path).not.toMatch(makers);
  });

  test("has no file of more than 300 lines", () => {
    for (const { path, text } of files) expect(text.split("\n").length, path).toBeLessThanOrEqual(301);
  });
});

test("no file and no folder is named after nothing", () => {
  const drawer = /(^|\/)(utils?|helpers?|common|misc|types|interfaces|lib|core|shared)(\.tsx?|\/)/;
  for (const { files } of packages) for (const { path } of files) expect(path).not.toMatch(drawer);
});

test("a cycle of imports fails the lint step", () => {
  // Within the tree, since the linter is configured by the file at its root.
  const folder = mkdtempSync(join(root, "packages", "e2e", "test", "cycle-"));
  try {
    writeFileSync(join(folder, "a.ts"), 'import { b } from "./b.js";\n\nexport const a = () => b;\n');
    writeFileSync(join(folder, "b.ts"), 'import { a } from "./a.js";\n\nexport const b = () => a;\n');
    const biome = join(root, "node_modules", ".bin", "biome");
    const done = spawnSync(biome, ["lint", folder], { cwd: root, encoding: "utf8" });
    expect(done.status).not.toBe(0);
    expect(done.stderr + done.stdout).toContain("noImportCycles");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the lock file names no host, so that it works behind any registry", () => {
  expect(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")).not.toMatch(/tarball:|https?:\/\//);
});
