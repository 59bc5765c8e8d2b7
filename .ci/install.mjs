// Installs what the lock file names, and makes sure that the one native addon, better-sqlite3, fits the Node that runs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { pnpm, root } from "./pnpm.mjs";

// Version 13, which comes with its binaries, where it runs; version 12, which may have to be compiled, under Node 20.
const addon = Number.parseInt(process.versions.node, 10) >= 22 ? "better-sqlite3-napi" : "better-sqlite3";
const hasHeaders = (folder) => existsSync(join(folder, "include", "node", "node_version.h"));

/** Resolves with 0, or with the exit code of what failed, which has been said on the screen. */
export async function install() {
  const user = packageWithAddon();
  if (user !== undefined && !addonLoads(user)) {
    console.log(
      "Installing. Where no prebuilt better-sqlite3 can be downloaded it is compiled, which takes about a minute, once.",
    );
  } else {
    console.log("Installing.");
  }
  const code = await pnpm(
    ["install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"],
    headersOf(ownPrefix()),
  );
  if (user === undefined || addonLoads(user)) return code;

  // Either it was built for another Node (this folder was installed under one, or npm is told to build against
  // another one's headers), or no headers could be had at all.
  console.log(
    `${addon} does not load into Node ${process.versions.node}: building it again, about a minute.`,
  );
  // Unlike the installation, with all that the compiler says.
  const rebuild = ["rebuild", "--recursive", "--reporter=append-only", addon];
  const rebuilt = await pnpm(rebuild, headersOf(ownPrefix() ?? fetchHeaders()));
  if (addonLoads(user))
    return rebuilt === 0 ? await pnpm(["install", "--frozen-lockfile", "--silent"]) : rebuilt;
  console.error(
    `${addon} could not be built for Node ${process.versions.node}. It needs either a prebuilt binary, which could not be downloaded, or Python, make and a C++ compiler.`,
  );
  return rebuilt || code || 1;
}

/** Node's own archives carry the headers beside bin/: an addon compiled against another Node's does not load. */
function ownPrefix() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return hasHeaders(prefix) ? prefix : undefined;
}

/** A Node that came as an npm package left its headers behind; the package of this very version has them. */
function fetchHeaders() {
  const folder = join(root, "node_modules", ".cache", `node-${process.versions.node}`);
  if (hasHeaders(folder)) return folder;
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  console.log(`Fetching the headers of Node ${process.versions.node} (npm package ${name}).`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const shell = process.platform === "win32";
  const packed = spawnSync("npm", ["pack", `${name}@${process.versions.node}`, "--silent"], {
    cwd: folder,
    encoding: "utf8",
    shell,
  });
  const tarball = packed.stdout?.trim().split("\n").at(-1);
  if (packed.status !== 0 || !tarball) return undefined;
  spawnSync("tar", ["-xzf", tarball, "--strip-components=1", "package/include"], {
    cwd: folder,
    stdio: "inherit",
    shell,
  });
  rmSync(join(folder, tarball), { force: true });
  return hasHeaders(folder) ? folder : undefined;
}

function headersOf(folder) {
  return folder === undefined ? {} : { npm_config_nodedir: folder };
}

/** The folder of a package that depends on the addon, or undefined if none does. */
function packageWithAddon() {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .find((folder) => {
      const manifest = join(folder, "package.json");
      return (
        existsSync(manifest) &&
        addon in (JSON.parse(readFileSync(manifest, "utf8")).optionalDependencies ?? {})
      );
    });
}

/** One that lies somewhere above the repository does not count. */
function addonLoads(folder) {
  const name = JSON.stringify(addon);
  const program = `if (!require.resolve(${name}).startsWith(${JSON.stringify(realpathSync(root))})) process.exit(1);
    new (require(${name}))(":memory:").close()`;
  return spawnSync(process.execPath, ["--eval", program], { cwd: folder, stdio: "ignore" }).status === 0;
}
