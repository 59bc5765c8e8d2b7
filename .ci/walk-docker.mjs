// What `pnpm walk containers` puts in the place of docker: images are built by buildah without an
// engine, and a container is a process in namespaces for mounts and pids, with the image as its
// root, the user, groups, mounts and lack of rights that its compose file asks for. It has the
// network of the machine. KISSBOT_WALK names the folder in which images, volumes and containers
// are.
import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "./pnpm.mjs";

const place = process.env.KISSBOT_WALK;
const { port, images, buildVolumes } = JSON.parse(readFileSync(join(place, "walk.json"), "utf8"));
const { parse } = createRequire(join(root, "packages", "server", "package.json"))("yaml");
const composeName = /^(?:docker-)?compose\.ya?ml$/;

const [called, ...words] = process.argv.slice(2);
const commands = { build, compose, volume };
if (commands[called] === undefined) throw new Error(`docker ${called}: the walk knows nothing of it`);
await commands[called](words);

function build(args) {
  const folder = args.at(-1);
  const tag = args[args.indexOf("--tag") + 1];
  buildImage(folder, tag);
}

function buildImage(folder, tag) {
  const context = resolve(folder);
  buildah(
    [
      "build",
      "--isolation=chroot",
      "--layers",
      // That of OCI has no health check.
      "--format=docker",
      "--pull-never",
      ...buildVolumes.map((volume) => `--volume=${volume}`),
      `--tag=${tag}`,
      `--ignorefile=${join(context, ".dockerignore")}`,
      `--file=${join(context, "Dockerfile")}`,
      context,
    ],
    "inherit",
  );
}

async function compose(args) {
  const file = readdirSync(".").find((name) => composeName.test(name));
  const project = parse(readFileSync(file, "utf8"));
  project.name ??= basename(process.cwd());
  const [action, ...rest] = args;
  const plain = rest.filter((word) => !word.startsWith("-"));
  const services = Object.entries(project.services);
  const actions = {
    async build() {
      for (const [name, { build: folder, image }] of services)
        if (folder !== undefined) buildImage(folder, image ?? `${project.name}-${name}`);
    },
    async up() {
      for (const [name, service] of services) await start(project, name, service);
    },
    async ps() {
      for (const [name] of services) console.log(`${name} ${stateOf(project, name)}`);
    },
    async exec() {
      const [name, ...command] = rest;
      process.exitCode = enter(project, name, command).status ?? 1;
    },
    async cp() {
      const [from, to] = plain;
      const [name, path] = from.split(":");
      const { rootfs, mounts } = stateFileOf(project, name);
      const mount = mounts.find(({ target }) => path.startsWith(`${target}/`));
      const source =
        mount === undefined ? join(rootfs, path) : join(mount.source, path.slice(mount.target.length));
      cpSync(source, to);
    },
    async stop() {
      for (const [name] of services) await stop(project, name);
    },
    async down() {
      for (const [name] of services) {
        await stop(project, name);
        rmSync(stateFolder(project, name), { recursive: true, force: true });
      }
    },
  };
  if (actions[action] === undefined)
    throw new Error(`docker compose ${action}: the walk knows nothing of it`);
  await actions[action]();
}

function volume([action, ...names]) {
  if (action !== "rm") throw new Error(`docker volume ${action}: the walk knows nothing of it`);
  for (const name of names) {
    const folder = join(place, "volumes", name);
    statSync(folder);
    rmSync(folder, { recursive: true });
  }
}

/** As `docker compose up` does: one that runs the same image stays, another one is replaced. */
async function start(project, name, service) {
  const folder = stateFolder(project, name);
  const image = service.image;
  const id = imageOf(image).FromImageID;
  if (pidOf(project, name) !== null) {
    if (stateFileOf(project, name).id === id) return;
    await stop(project, name);
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const container = buildah(["from", "--pull-never", image]).trim();
  const rootfs = buildah(["mount", container]).trim();
  const config = imageOf(image).Docker.config;
  const mounts = mountsOf(project, service, rootfs);
  const [user, group] = (service.user ?? config.User ?? "0:0").split(":");
  const env = Object.fromEntries((config.Env ?? []).map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
  Object.assign(env, service.environment ?? {});
  // The port of the page is one that is free on this machine.
  for (const [key, value] of Object.entries(env)) env[key] = `${value}`.replace(/:7788$/, `:${port}`);
  const state = {
    id,
    rootfs,
    mounts,
    user: user ?? "0",
    group: group ?? user ?? "0",
    groups: service.group_add ?? [],
    env,
    folder: config.WorkingDir || "/",
    dropsAll: (service.cap_drop ?? []).includes("ALL"),
    noNewPrivileges: (service.security_opt ?? []).some((text) => /^no-new-privileges(?::true)?$/.test(text)),
    health: config.Healthcheck?.Test?.slice(1) ?? null,
  };
  writeFileSync(join(folder, "state.json"), JSON.stringify(state));
  const command = [...(config.Entrypoint ?? []), ...(service.command ?? config.Cmd ?? [])];
  const ownPids = service.pid === "host" ? [] : ["--pid"];
  const lines = [
    "mount --make-rprivate /",
    `mount --rbind ${rootfs} ${rootfs}`,
    `mount -t proc proc ${rootfs}/proc`,
    `mount --rbind /dev ${rootfs}/dev`,
    ...(service.tmpfs ?? []).map((path) => `mount -t tmpfs -o mode=1777 tmpfs ${rootfs}${path}`),
    ...mounts.flatMap(({ source, target, isReadOnly }) => [
      `mount --bind ${source} ${rootfs}${target}`,
      ...(isReadOnly ? [`mount -o remount,bind,ro ${rootfs}${target}`] : []),
    ]),
    ...(service.read_only ? [`mount -o remount,bind,ro ${rootfs}`] : []),
    'exec "$@"',
  ];
  const log = openSync(join(folder, "log"), "a");
  const inside = ["chroot", rootfs, ...asUser(state), ...command];
  const namespaces = ["--mount", ...ownPids, "--fork", "--kill-child"];
  const keeper = `"$@"; echo $? >${join(folder, "exit")}`;
  const child = spawn(
    "sh",
    ["-c", keeper, "sh", "unshare", ...namespaces, "sh", "-ec", lines.join("\n"), "sh", ...inside],
    { detached: true, stdio: ["ignore", log, log], env: {}, cwd: "/" },
  );
  child.unref();
  writeFileSync(join(folder, "keeper"), `${child.pid}`);
  await until(`${name} is there`, () => pidOf(project, name) !== null || existsSync(join(folder, "exit")));
  writeFileSync(join(folder, "pid"), `${pidOf(project, name)}`);
  if (state.health === null) return;
  await until(`${name} is healthy`, () => {
    if (existsSync(join(folder, "exit")))
      throw new Error(`${name} ended: ${readFileSync(join(folder, "log"))}`);
    return pidOf(project, name) !== null && enter(project, name, state.health, "ignore").status === 0;
  });
}

/**
 * From here the process has the user, the groups, the environment and the rights of its container.
 */
function asUser({ user, group, groups, env, folder, dropsAll, noNewPrivileges }) {
  const ids = [`--reuid=${user}`, `--regid=${group}`];
  const more = groups.length === 0 ? ["--clear-groups"] : [`--groups=${groups.join(",")}`];
  return [
    "setpriv",
    ...ids,
    ...more,
    ...(dropsAll ? ["--bounding-set=-all", "--inh-caps=-all"] : []),
    ...(noNewPrivileges ? ["--no-new-privs"] : []),
    "env",
    "--ignore-environment",
    `--chdir=${folder}`,
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
  ];
}

function enter(project, name, command, stdio = "inherit") {
  const state = stateFileOf(project, name);
  const pid = pidOf(project, name);
  if (pid === null) throw new Error(`${name} does not run`);
  const namespaces = ["--target", `${pid}`, "--mount", "--pid", "--root"];
  return spawnSync("nsenter", [...namespaces, ...asUser(state), ...command], { stdio, env: process.env });
}

function stateOf(project, name) {
  if (pidOf(project, name) === null) return "exited";
  const { health } = stateFileOf(project, name);
  if (health === null) return "running";
  return enter(project, name, health).status === 0 ? "running (healthy)" : "running (unhealthy)";
}

async function stop(project, name) {
  const pid = pidOf(project, name);
  if (pid === null) return;
  const startedMs = performance.now();
  process.kill(pid, "SIGTERM");
  await until(`${name} ends`, () => existsSync(join(stateFolder(project, name), "exit")));
  const code = readFileSync(join(stateFolder(project, name), "exit"), "utf8").trim();
  console.log(`${name}: ended with ${code} after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
}

/** The first process of the container, as the machine numbers it; null where none runs. */
function pidOf(project, name) {
  const folder = stateFolder(project, name);
  if (!existsSync(join(folder, "keeper")) || existsSync(join(folder, "exit"))) return null;
  const unshare = childOf(readFileSync(join(folder, "keeper"), "utf8"));
  return unshare === null ? null : childOf(unshare);
}

function childOf(pid) {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return child === "" ? null : Number(child);
  } catch {
    // It has just ended.
    return null;
  }
}

/**
 * Volumes, folders and secrets. A new volume has the owner, mode and content of the image's folder.
 */
function mountsOf(project, service, rootfs) {
  const named = (service.volumes ?? []).map((text) => {
    const [source, target, mode] = text.split(":");
    if (/^[./]/.test(source)) return { source: realpathSync(source), target, isReadOnly: mode === "ro" };
    const declared = project.volumes?.[source] ?? {};
    const name = declared.name ?? (declared.external ? source : `${project.name}_${source}`);
    const folder = join(place, "volumes", name);
    if (!existsSync(folder)) {
      if (declared.external) throw new Error(`volume ${name} is declared as external, but does not exist`);
      const { uid, gid, mode: rights } = statSync(join(rootfs, target));
      mkdirSync(folder, { recursive: true });
      chownSync(folder, uid, gid);
      spawnSync("chmod", [(rights & 0o7777).toString(8), folder]);
    }
    return { source: folder, target, isReadOnly: mode === "ro" };
  });
  const secrets = (service.secrets ?? []).map((name) => ({
    source: realpathSync(project.secrets[name].file),
    target: `/run/secrets/${name}`,
    isReadOnly: true,
  }));
  for (const { source, target } of [...named, ...secrets]) {
    const inside = join(rootfs, target);
    if (existsSync(inside)) continue;
    mkdirSync(statSync(source).isDirectory() ? inside : dirname(inside), { recursive: true });
    if (!statSync(source).isDirectory()) writeFileSync(inside, "");
  }
  return [...named, ...secrets];
}

function imageOf(name) {
  return JSON.parse(buildah(["inspect", "--type", "image", name]));
}

function buildah(args, output = "pipe") {
  const storage = [`--root=${images}`, `--runroot=${place}/run`, "--storage-driver=overlay"];
  const done = spawnSync("buildah", [...storage, ...args], {
    encoding: "utf8",
    stdio: ["ignore", output, output === "pipe" ? "pipe" : "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status !== 0) throw new Error(`buildah ${args.join(" ")}: ${done.stderr ?? done.error ?? ""}`);
  return done.stdout ?? "";
}

function stateFolder(project, name) {
  return join(place, "containers", project.name, name);
}

function stateFileOf(project, name) {
  return JSON.parse(readFileSync(join(stateFolder(project, name), "state.json"), "utf8"));
}

async function until(what, ask) {
  const deadlineMs = performance.now() + 120_000;
  while (!ask()) {
    if (performance.now() > deadlineMs) throw new Error(`not within two minutes: ${what}`);
    await delay(100);
  }
}
