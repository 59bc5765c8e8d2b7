// `pnpm walk containers [--images FOLDER]`: follows docs/containers.md literally, with `docker`
// replaced by walk-docker.mjs, and checks what the page and the image promise: rights, who may
// report, health, stop, and the size of the app's layer. What the Dockerfile begins with is a
// Debian by debootstrap with Node 24; in FOLDER a second walk finds it again.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { freePort } from "./free-port.mjs";
import { pnpmCommand, root } from "./pnpm.mjs";
import { blocksOf } from "./walk-blocks.mjs";

const here = fileURLToPath(import.meta.url);
const baseImage = "node:24-bookworm-slim";
const needed = ["buildah", "debootstrap", "unshare", "nsenter", "setpriv", "curl"];
const mostLayerBytes = 25_000_000;

if (process.argv[1] === here && process.argv[2] === "--inside") await inside(JSON.parse(process.argv[3]));

/** What needs the machine itself; then the walk, in namespaces that end with it. */
export async function walkContainers(args) {
  const kept = args[0] === "--images" && args[1] !== undefined ? resolve(args[1]) : null;
  if (process.platform !== "linux" || process.geteuid() !== 0) {
    console.error("The walk needs Linux and root: it makes file systems and users' processes.");
    return 2;
  }
  const missing = needed.filter((name) => spawnSync("which", [name]).status !== 0);
  if (missing.length > 0) {
    console.error(`The walk needs ${missing.join(", ")}. Debian: apt-get install buildah debootstrap`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "kissbot-walk-"));
  try {
    const port = await freePort();
    const words = JSON.stringify({ folder, port, images: kept ?? join(folder, "images") });
    const namespaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const { status } = spawnSync("unshare", [...namespaces, process.execPath, here, "--inside", words], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inside({ folder, port, images }) {
  const started = performance.now();
  console.log(`Not as in the page:
- docker is a stand-in: buildah builds without an engine, and a container is a process in namespaces for mounts and pids, with
  the user, groups, mounts and lack of rights of its compose file; it has the network of this machine;
- ${baseImage} is a Debian made by debootstrap, with Node 24 and npm from their npm packages;
- @kissbot/server is packed from this tree, where the page takes it from npm;
- port 7788 is ${port}.
Not tried: a Docker or Podman engine, its compose, published ports, the package from the registry, ARM, SELinux.
`);
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const line = `exec ${process.execPath} ${join(root, ".ci", "walk-docker.mjs")} "$@"`;
  writeFileSync(join(bin, "docker"), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  // npm in the build is the client of this machine, with its settings; the image keeps none of
  // them.
  const certificates = process.env.NODE_EXTRA_CA_CERTS ?? "";
  const npmrc = join(folder, "npmrc");
  writeFileSync(npmrc, certificates === "" ? "" : `cafile=${certificates}\n`);
  const buildVolumes = [
    [npmrc, "/usr/local/etc/npmrc"],
    [join(homedir(), ".npmrc"), "/root/.npmrc"],
    [certificates, certificates],
  ]
    .filter(([path]) => path !== "" && existsSync(path))
    .map(([path, target]) => `${path}:${target}:ro`);
  writeFileSync(join(folder, "walk.json"), JSON.stringify({ port, images, buildVolumes }));
  const checkout = join(folder, "checkout");
  mkdirSync(checkout);
  for (const name of readdirSync(root)) symlinkSync(join(root, name), join(checkout, name));
  if (buildah(["images", "--quiet", "--filter", `reference=${baseImage}`]) === "") {
    await timed(`${baseImage} of the walk`, makeBase);
  }
  const inMonitor = (command) => shell(`cd monitor && ${command}`);
  const ask = (command) => inMonitor(`docker compose exec monitor ${command}`);

  for (const { line: number, language, text } of blocksOf(
    readFileSync(join(root, "docs", "containers.md"), "utf8"),
  )) {
    await timed(`docs/containers.md:${number}`, async () => {
      if (language === "yaml") await startBot(text);
      else shell(substituted(text), text);
    });
    for (const command of text.split("\n")) console.log(`    ${command}`);
    if (language === "yaml") await afterBot();
    if (/^docker compose up/m.test(text)) await afterUp();
    if (/^docker build /m.test(text)) await timed("the image's layer of the app", checkLayer);
  }
  console.log(`\nWalk: ok, ${((performance.now() - started) / 1_000).toFixed(1)} s`);

  function substituted(text) {
    return text
      .replaceAll("127.0.0.1:7788", `127.0.0.1:${port}`)
      .replace("npm pack @kissbot/server", `cp ${packed("server")} .`)
      .replace("mkdir monitor", "rm -rf monitor && mkdir monitor")
      .replace("cp -R packages/server/share/docker monitor", "cp -RT packages/server/share/docker monitor");
  }

  function shell(text, name = text) {
    const done = spawnSync("bash", ["-euo", "pipefail", "-c", text], {
      cwd: checkout,
      encoding: "utf8",
      timeout: 1_200_000,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, KISSBOT_WALK: folder },
    });
    if (done.status !== 0)
      throw new Error(`${name}\n${done.stdout}${done.stderr}${done.error ?? ""}\n${logs()}`);
    return done.stdout;
  }

  function logs() {
    const place = join(folder, "containers");
    if (!existsSync(place)) return "";
    return readdirSync(place, { recursive: true })
      .filter((file) => basename(file) === "log")
      .map((file) => `${file}:\n${readFileSync(join(place, file), "utf8")}`)
      .join("\n");
  }

  function makeBase() {
    const made = join(folder, "base");
    run("debootstrap", ["--variant=minbase", "bookworm", made]);
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    run("npm", ["pack", "--silent", `node-linux-${arch}@24`, "npm@11"], folder);
    for (const [name, target] of [
      ["node-linux", "usr/local"],
      ["npm", "usr/local/lib/node_modules/npm"],
    ]) {
      const tarball = readdirSync(folder).find(
        (file) => file.startsWith(`${name}-`) && file.endsWith(".tgz"),
      );
      mkdirSync(join(made, target), { recursive: true });
      run("tar", ["-xzf", join(folder, tarball), "--strip-components=1", "-C", join(made, target)]);
      rmSync(join(folder, tarball));
    }
    for (const name of ["npm", "npx"]) {
      rmSync(join(made, "usr/local/bin", name), { force: true });
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(made, "usr/local/bin", name));
    }
    const container = buildah(["from", "scratch"]).trim();
    buildah(["copy", "--quiet", container, made, "/"]);
    rmSync(made, { recursive: true });
    buildah([
      "config",
      "--env",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      container,
    ]);
    buildah(["commit", "--quiet", "--rm", container, baseImage]);
  }

  /** What Docker would load: the layer that copies /app, as it is packed, and what is in it. */
  function checkLayer() {
    const oci = join(folder, "oci");
    rmSync(oci, { recursive: true, force: true });
    buildah(["push", "--quiet", "--disable-compression", "kissbot-monitor", `oci:${oci}:walk`]);
    const blob = (digest) => join(oci, "blobs", ...digest.split(":"));
    const read = (digest) => JSON.parse(readFileSync(blob(digest), "utf8"));
    const [{ digest }] = JSON.parse(readFileSync(join(oci, "index.json"), "utf8")).manifests;
    const { config, layers } = read(digest);
    const steps = read(config.digest).history.filter(({ empty_layer: isEmpty }) => !isEmpty);
    const index = steps.findIndex(({ created_by: by = "" }) => /COPY .*\/app/.test(by));
    const layer = blob(layers[index].digest);
    const files = run("tar", ["-tvf", layer]).trim().split("\n");
    const bytes = files.reduce((sum, entry) => sum + Number(entry.split(/\s+/)[2]), 0);
    const packedBytes = gzipSync(readFileSync(layer)).length;
    console.log(
      `app's layer: ${(bytes / 1e6).toFixed(1)} MB unpacked, ${(packedBytes / 1e6).toFixed(1)} MB as it is loaded, ${files.length} entries (at most ${mostLayerBytes / 1e6} MB)`,
    );
    if (bytes > mostLayerBytes) throw new Error("the layer of the app is larger than 25 MB");
    const unread = /\.(?:c|cc|cpp|h|hpp|gyp|tgz|md|map)$|\/(?:\.npm|_cacache)\//;
    const strays = files.filter((entry) => unread.test(entry) && !/\/(?:licen[cs]e|notice)\b/i.test(entry));
    if (strays.length > 0)
      throw new Error(`the layer has what nothing reads:\n${strays.slice(0, 20).join("\n")}`);
    const drivers = files.filter((entry) => entry.endsWith(".node"));
    if (drivers.length !== 1) throw new Error(`expected one binary: ${drivers.join("\n")}`);
  }

  async function afterUp() {
    await timed("user, rights and root of the container", () => {
      const status = ask("cat /proc/1/status");
      const value = (name) =>
        new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1].trim().split(/\s+/).join(" ");
      equal(value("Uid"), "7788 7788 7788 7788");
      equal(value("Gid"), "7788 7788 7788 7788");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) equal(value(set), "0".repeat(16));
      equal(value("NoNewPrivs"), "1");
      equal(ask("sh -c 'touch /app/x /etc/x 2>/dev/null || echo read-only'").trim(), "read-only");
      equal(
        ask("stat --format '%a %u %g' /run/kissbot /var/lib/kissbot").trim(),
        "2750 7788 7788\n750 7788 7788",
      );
      equal(
        ask("stat --format '%a %g' /run/kissbot/monitor.sock /var/lib/kissbot/kissbot_monitor.db").trim(),
        "660 7788\n600 7788",
      );
    });
    await timed("health: passes while degraded, fails while the event loop is stopped", checkHealth);
    await timed("stop: ends with 0 in less than 10 s", () => {
      const said = inMonitor("docker compose stop");
      const [, code, seconds] = /ended with (\d+) after ([\d.]+) s/.exec(said) ?? [];
      equal(code, "0");
      if (Number(seconds) >= 10) throw new Error(`it took ${seconds} s`);
      console.log(said.trim());
      inMonitor("docker compose up --detach");
    });
  }

  async function checkHealth() {
    const healthy = () => inMonitor("docker compose ps").trim();
    equal(healthy(), "monitor running (healthy)");
    // Another program holds the lock of the database for a minute.
    const lock = `const { DatabaseSync } = require("node:sqlite");
      const db = new DatabaseSync(process.env.KISSBOT_MONITOR_STORE);
      db.exec("BEGIN EXCLUSIVE"); setTimeout(() => {}, 60_000);`;
    shell(`cd monitor && (docker compose exec monitor node -e '${lock}' >/dev/null 2>&1 &)`);
    const isDegraded = () => shell(`curl --silent http://127.0.0.1:${port}/healthz`).includes('"degraded"');
    await until("the monitor is degraded", () => {
      ask("kissbot-monitor send llm_usage --channel walk --model m --feature f --tokens-in 1 --tokens-out 1");
      return isDegraded();
    });
    equal(healthy(), "monitor running (healthy)");
    if (!isDegraded()) throw new Error("the database was locked for too short a time to tell");
    const pid = Number(readFileSync(join(folder, "containers", "kissbot", "monitor", "pid"), "utf8"));
    process.kill(pid, "SIGSTOP");
    const startedMs = performance.now();
    equal(healthy(), "monitor running (unhealthy)");
    console.log(
      `a stopped event loop fails the check after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`,
    );
    process.kill(pid, "SIGCONT");
    await until("the monitor is well again", () => !isDegraded());
  }

  /** The bot of the page's block, in an image of its own whose user is another one. */
  async function startBot(text) {
    const { parse } = createRequire(join(root, "packages", "server", "package.json"))("yaml");
    const place = join(checkout, "my_bot");
    mkdirSync(place);
    writeFileSync(join(place, "compose.yaml"), text);
    const image = parse(text).services.my_bot.image;
    const container = buildah(["from", "--pull-never", baseImage]).trim();
    const mounted = buildah(["mount", container]).trim();
    const modules = join(mounted, "bot", "node_modules", "@kissbot");
    for (const name of ["protocol", "client"]) {
      mkdirSync(join(modules, name), { recursive: true });
      run("tar", ["-xzf", packed(name), "--strip-components=1", "-C", join(modules, name)]);
    }
    const bot = `import { MonitorClient } from "@kissbot/client";
      new MonitorClient("my_bot").start(); setInterval(() => {}, 1_000);\n`;
    writeFileSync(join(mounted, "bot", "bot.mjs"), bot);
    buildah(["umount", container]);
    buildah(["config", "--user", "1001:1001", "--cmd", '["node", "/bot/bot.mjs"]', container]);
    buildah(["commit", "--quiet", container, image]);
    shell("cd my_bot && docker compose up --detach", text);
  }

  async function afterBot() {
    await timed("a bot of another user in group 7788 is seen", () =>
      until("it is online", () => /my_bot +online/.test(ask("kissbot-monitor bots"))),
    );
    await timed("one outside the group cannot connect", async () => {
      const text = readFileSync(join(checkout, "my_bot", "compose.yaml"), "utf8");
      const place = join(checkout, "stranger");
      mkdirSync(place);
      const connect = `require("node:net").connect(process.env.KISSBOT_MONITOR_SOCKET).on("error", ({ code }) => console.log(code)).on("connect", () => console.log("connected"))`;
      const own = text.replace(/ *group_add:.*\n/, `    command: [node, -e, ${JSON.stringify(connect)}]\n`);
      writeFileSync(join(place, "compose.yaml"), own);
      shell("cd stranger && docker compose up --detach");
      const log = join(folder, "containers", "stranger", "my_bot", "log");
      await until("it has tried", () => /\w/.test(readFileSync(log, "utf8")));
      equal(readFileSync(log, "utf8").trim(), "EACCES");
    });
  }

  function packed(name) {
    const done = join(folder, "packed");
    mkdirSync(done, { recursive: true });
    const existing = readdirSync(done).find((file) => file.startsWith(`kissbot-${name}-`));
    if (existing !== undefined) return join(done, existing);
    const command = pnpmCommand(["pack", "--json", "--pack-destination", done]);
    return JSON.parse(run(...command, join(root, "packages", name))).filename;
  }

  function buildah(args) {
    const storage = [`--root=${images}`, `--runroot=${folder}/run`, "--storage-driver=overlay"];
    return run("buildah", [...storage, ...args]);
  }
}

function run(command, args, cwd = process.cwd()) {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${done.stdout}${done.stderr}${done.error ?? ""}`);
  return done.stdout;
}

async function timed(name, work) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1_000).toFixed(1);
  try {
    await work();
    console.log(`${name}: ok (${seconds()} s)`);
  } catch (error) {
    console.log(`${name}: FAILED (${seconds()} s)`);
    console.error(error.message);
    process.exit(1);
  }
}

function equal(found, wanted) {
  if (found !== wanted) throw new Error(`expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}

async function until(what, ask) {
  const deadlineMs = performance.now() + 120_000;
  while (!ask()) {
    if (performance.now() > deadlineMs) throw new Error(`not within two minutes: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
