// `node .ci/sbom.mjs`: installs the tarballs that `pnpm release --dry-run` left, as a user does,
// and writes beside them what comes with the client and with the server: a CycloneDX list each.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

const folder = join(root, ".tmp", "release");
const installations = [
  ["protocol", "client"],
  ["protocol", "store", "server"],
];

for (const packages of installations) {
  const tarballs = packages.map(tarballOf);
  const scratch = mkdtempSync(join(tmpdir(), "kissbot-sbom-"));
  try {
    const project = join(scratch, "project");
    mkdirSync(project);
    writeFileSync(
      join(project, "package.json"),
      '{ "name": "project", "version": "1.0.0", "private": true }\n',
    );
    npm(project, ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs]);
    const text = npm(project, ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"]);
    const { components } = JSON.parse(text);
    const file = tarballs.at(-1).replace(/\.tgz$/, ".cdx.json");
    writeFileSync(file, text);
    console.log(`${file}: ${components.length} components`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function tarballOf(name) {
  const found = existsSync(folder)
    ? readdirSync(folder).find((file) => file.startsWith(`kissbot-${name}-`) && file.endsWith(".tgz"))
    : undefined;
  if (found === undefined) {
    console.error(`there is no tarball of ${name} in ${folder}: run \`pnpm release --dry-run\` first`);
    process.exit(1);
  }
  return join(folder, found);
}

function npm(cwd, args) {
  const done = spawnSync("npm", args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (done.status !== 0) throw new Error(`npm ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}
