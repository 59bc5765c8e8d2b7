// Installs what the lock file names, and makes sure that the one native addon, better-sqlite3, fits
// the Node that runs. The PostgreSQL servers of the tests (120 MB) come with CI=true alone, or by
// `pnpm install`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { addonLoads } from "./addon.mjs";
import { networkFailureIn } from "./network-failure.mjs";
import { pnpm, pnpmOutput, root } from "./pnpm.mjs";

const withoutServers = process.env.CI === "true" ? [] : ["--filter", "!@kissbot/postgres-servers"];

const hasHeaders = (folder) => existsSync(join(folder, "include", "node", "node_version.h"));

/** Resolves with 0, or with the exit code of what failed, which has been said on the screen. */
export async function install() {
  const loaded = addonLoads();
  console.log(
    loaded
      ? "Installing."
      : "Installing. Where no prebuilt better-sqlite3 can be downloaded it is compiled, which takes about a minute, once.",
  );
  const flags = ["--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"];
  const args = [...withoutServers, "install", ...flags];
  const { code, output } = await pnpmOutput(args, headersOf(ownPrefix()));
  if (code !== 0) {
    const failure = networkFailureIn(output);
    console.error(failure === undefined ? output.trim() : `Not installed: ${failure}`);
    if (failure !== undefined) return code;
  }
  if (addonLoads()) return code;

  // Either it was built for another Node (this folder was installed under one, or npm is told to
  // build against another one's headers), or no headers could be had at all.
  console.log(
    `better-sqlite3 does not load into Node ${process.versions.node}: building it again, about a minute.`,
  );
  // Unlike the installation, with all that the compiler says.
  const rebuild = ["rebuild", "--recursive", "--reporter=append-only", "better-sqlite3"];
  const rebuilt = await pnpm(rebuild, headersOf(ownPrefix() ?? fetchHeaders()));
  if (addonLoads())
    return rebuilt === 0
      ? await pnpm([...withoutServers, "install", "--frozen-lockfile", "--silent"])
      : rebuilt;
  console.error(
    `better-sqlite3 could not be built for Node ${process.versions.node}. It needs either a prebuilt binary, which could not be downloaded, or Python, make and a C++ compiler.`,
  );
  return rebuilt || code || 1;
}

/**
 * Node's own archives carry the headers beside bin/: an addon compiled against another Node's does
 * not load.
 */
function ownPrefix() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  return hasHeaders(prefix) ? prefix : undefined;
}

/**
 * A Node that came as an npm package left its headers behind; the package of this very version has
 * them.
 */
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
