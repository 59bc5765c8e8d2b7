import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, type Exit, TemporaryFolder } from "@kissbot/testkit";
import { root } from "./source-tree.js";

const limitMs = 150_000;

/**
 * This checkout again in a folder of its own, as a person has it: what git knows of it, changed
 * files included, and what is installed, but nothing built. Gone with `using`.
 */
export class CheckoutCopy implements Disposable {
  readonly #place = new TemporaryFolder("checkout");
  readonly folder = this.#place.file("checkout");

  constructor({ installed }: { installed: boolean }) {
    const git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const paths = execFileSync("git", git, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 24 }).split("\0");
    for (const path of paths) {
      if (path === "" || path.startsWith("packages/e2e/test/cycle-") || !existsSync(join(root, path)))
        continue;
      cpSync(join(root, path), join(this.folder, path));
    }
    this.#leaveOutTypes();
    if (installed) this.#install();
    // Another user may read it: a temporary folder is its owner's alone.
    chmodSync(this.#place.path, 0o755);
  }

  /** Most of the time of a build goes into the declarations, which nothing runs. */
  #leaveOutTypes(): void {
    for (const name of readdirSync(this.file("packages"))) {
      const path = this.file("packages", name, "package.json");
      const text = readFileSync(path, "utf8");
      writeFileSync(path, text.replace(/("build": "[^"]*\btsup)\b/, "$1 --no-dts"));
    }
  }

  /**
   * The packages' files are shared by hard links: an installation replaces files and writes into
   * none.
   */
  #install(): void {
    const folders = ["", ...readdirSync(join(root, "packages")).map((name) => join("packages", name))];
    for (const folder of [...folders, "packages/client/compilers", "packages/testkit/postgres"]) {
      const modules = join(root, folder, "node_modules");
      if (!existsSync(modules)) continue;
      execFileSync("cp", ["-al", modules, join(this.folder, folder, "node_modules")]);
    }
    rmSync(join(this.folder, "node_modules", ".cache"), { recursive: true, force: true });
  }

  file(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** `npm ARGS` in it, to the end. `seconds` is how long that took. */
  async npm(
    args: readonly string[],
    { env = {}, prefix = [] }: { env?: Readonly<Record<string, string>>; prefix?: readonly string[] } = {},
  ): Promise<Exit & { readonly seconds: number }> {
    const [command = "npm", ...rest] = [...prefix, "npm", ...args];
    const startedMs = performance.now();
    const exit = await Child.run(command, rest, {
      folder: this.folder,
      env: { ...registryOf(process.env), ...env },
      group: true,
      limitMs,
    });
    return { ...exit, seconds: (performance.now() - startedMs) / 1_000 };
  }

  /** `npm ARGS` in it, going on. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    return new Child("npm", args, {
      folder: this.folder,
      env: { ...registryOf(process.env), ...env },
      group: true,
      limitMs,
    });
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }
}

/** Whether a command can run without any network, which takes a right that not everybody has. */
export function canCutNetwork(): boolean {
  return spawnSync("unshare", ["-n", "true"]).status === 0;
}

/**
 * Where npm finds its registry and what it has fetched before; tests run in a bare environment
 * otherwise.
 */
export function registryOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] =>
        /^npm_config_(?:registry|cache|userconfig)$/i.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
