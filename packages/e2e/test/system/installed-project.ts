import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "@kissbot/testkit";
import { root } from "../source-tree.js";

const stepsOfBuild = "var postgresMigrations = [";
const names = ["protocol", "client", "store", "server"];
const children = fileURLToPath(new URL("./children", import.meta.url));
/**
 * Projects of builds that are gone are removed after this time: until then another run may use
 * them.
 */
const keptMs = 3_600_000;

interface Manifest {
  readonly files?: readonly string[];
  readonly bin?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** A step of the fleet database's schema that this build does not know. */
export interface SchemaStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly additive: boolean;
  readonly needs: string;
}

/**
 * An empty project in which the four packages are installed as a user installs them: packed, and
 * unpacked into `node_modules`, with the command in `.bin`. Third-party dependencies are the
 * workspace's, as tests work offline. The programs of `children/` lie in it, and so import what is
 * installed.
 *
 * Packing takes seconds, so a project is kept below `.tmp` under the digest of everything that went
 * into it: each test file gets what is built when it starts, and only the first one packs.
 */
export class InstalledProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<InstalledProject> {
    const projects = join(root, ".tmp", "installed");
    mkdirSync(projects, { recursive: true });
    for (let attempt = 0; ; attempt++) {
      const folder = join(projects, digestOfBuild());
      if (existsSync(folder)) return new InstalledProject(folder);
      const draft = mkdtempSync(join(projects, "draft-"));
      try {
        await install(draft);
        // Somebody may have built while it was packed: then it is nobody's build.
        if (join(projects, digestOfBuild()) !== folder && attempt < 5) continue;
        if (!existsSync(folder)) renameSync(draft, folder);
        removeOld(projects, folder);
        return new InstalledProject(folder);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
    }
  }

  /**
   * A copy in `folder` whose build knows more steps of the fleet database's schema, as later ones
   * do.
   */
  later(folder: string, steps: readonly SchemaStep[]): InstalledProject {
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    const dist = join(folder, "node_modules/@kissbot/store/dist");
    const chunks = readdirSync(dist)
      .map((name) => join(dist, name))
      .filter((path) => path.endsWith(".js") && readFileSync(path, "utf8").includes(stepsOfBuild));
    if (chunks.length !== 1) throw new Error(`${chunks.length} files of the build have ${stepsOfBuild}`);
    for (const path of chunks) {
      const more = `postgresMigrations.push(...${JSON.stringify(steps)});\nexport {`;
      writeFileSync(
        path,
        readFileSync(path, "utf8").replace(/^export \{/m, () => more),
      );
    }
    return new InstalledProject(folder);
  }

  /** The command as npm puts it into the path of scripts. */
  get command(): string {
    return join(this.folder, "node_modules", ".bin", "kissbot-monitor");
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Where the installed store finds its SQLite. */
  get driverPath(): string {
    const store = join(this.folder, "node_modules/@kissbot/store/package.json");
    return createRequire(store).resolve("better-sqlite3");
  }
}

/** Of all that is packed and copied, and of how. */
function digestOfBuild(): string {
  const hash = createHash("sha256");
  const add = (path: string) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(path).update(readFileSync(path));
  };
  for (const name of names) {
    const folder = join(root, "packages", name);
    if (!existsSync(join(folder, "dist"))) throw new Error(`packages/${name} is not built`);
    const { files = [] } = manifestIn(folder);
    for (const file of ["package.json", ...files]) {
      if (!file.startsWith("!") && existsSync(join(folder, file))) add(join(folder, file));
    }
  }
  add(children);
  add(fileURLToPath(import.meta.url));
  return hash.digest("hex").slice(0, 16);
}

async function install(folder: string): Promise<void> {
  writeFileSync(join(folder, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  await pack(tarballs);
  for (const name of names) {
    const target = join(folder, "node_modules", "@kissbot", name);
    mkdirSync(target, { recursive: true });
    const [tarball = ""] = readdirSync(tarballs).filter((file) => file.startsWith(`kissbot-${name}-`));
    await run("tar", ["-xzf", join(tarballs, tarball), "--strip-components=1", "-C", target], folder);
    linkDependencies(name, target);
  }
  // What `npm install pg` adds, for monitors with a fleet database.
  symlinkSync(join(root, "packages/store/node_modules/pg"), join(folder, "node_modules/pg"));
  linkCommands(join(folder, "node_modules"));
  for (const name of readdirSync(children)) copyFileSync(join(children, name), join(folder, name));
  rmSync(tarballs, { recursive: true });
}

async function pack(tarballs: string): Promise<void> {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    packageManager: string;
  };
  const filters = names.flatMap((name) => ["--filter", `@kissbot/${name}`]);
  const args = ["--recursive", ...filters, "pack", "--pack-destination", tarballs];
  const running = process.env["npm_execpath"] ?? "";
  if (/pnpm[^/\\]*\.[cm]?js$/.test(running)) await run(process.execPath, [running, ...args], root);
  else
    await run(
      "npx",
      ["--loglevel=error", "--yes", `--package=${packageManager}`, "--", "pnpm", ...args],
      root,
    );
}

function linkDependencies(name: string, target: string): void {
  const manifest = manifestIn(target);
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    if (dependency.startsWith("@kissbot/")) continue; // beside it
    // The root has the SQLite of Node 20.
    const source = [join(root, "packages", name), root]
      .map((folder) => join(folder, "node_modules", dependency))
      .find(existsSync);
    if (source === undefined) continue; // optional, and not for this Node
    const link = join(target, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(source, link);
  }
}

/** As npm does for what a package calls its commands. */
function linkCommands(modules: string): void {
  const bin = join(modules, ".bin");
  mkdirSync(bin);
  const { bin: commands = {} } = manifestIn(join(modules, "@kissbot", "server"));
  for (const [command, file] of Object.entries(commands)) {
    symlinkSync(join("..", "@kissbot", "server", file), join(bin, command));
    chmodSync(join(bin, command), 0o755);
  }
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function removeOld(projects: string, current: string): void {
  for (const name of readdirSync(projects)) {
    const folder = join(projects, name);
    if (folder !== current && Date.now() - statSync(folder).mtimeMs > keptMs)
      rmSync(folder, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[], folder: string): Promise<void> {
  const { code, stdout, stderr } = await Child.run(command, args, { folder, env: inherited });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}

/** npx and pnpm are told by it where their registry and their stores are. */
const inherited = process.env as Record<string, string>;
