// `pnpm release`: publishes what has a new version. `pnpm release --dry-run`: says what the next release would be, and changes nothing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import getReleasePlan from "@changesets/get-release-plan";
import { pnpmCommand, root, succeeds } from "./pnpm.mjs";

const [flag, ...more] = process.argv.slice(2);
if (more.length > 0 || (flag !== undefined && flag !== "--dry-run")) {
  console.error(`expected nothing or --dry-run, not ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}
mkdirSync(join(root, ".tmp"), { recursive: true });
const scratch = mkdtempSync(join(root, ".tmp", "release-"));
try {
  process.exitCode = flag === "--dry-run" ? await dryRun() : await publish();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Each package by itself: its next version, why, and what its tarball would hold. */
async function dryRun() {
  if (published().some(({ folder }) => !existsSync(join(folder, "dist"))) && !builds()) return 1;
  const { releases } = await plan();
  const planned = new Map(releases.map((release) => [release.name, release]));
  for (const { name, version, folder } of published()) {
    const release = planned.get(name);
    if (release === undefined || release.type === "none") {
      console.log(`${name}: stays at ${version}`);
      continue;
    }
    console.log(`${name}: ${version} -> ${release.newVersion} (${release.type})`);
    for (const id of release.changesets) console.log(`  - ${summaryOf(id)}`);
    const { files, bytes } = pack(folder);
    console.log(`  tarball: ${files.length} files, ${Math.ceil(bytes / 1024)} kB`);
  }
  return 0;
}

/** Versions and changelogs are a commit of their own (`pnpm changeset version`), so that what is published can be found again. */
async function publish() {
  const dirty = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout.trim();
  if (dirty !== "") {
    console.error(`there are changes that are not committed:\n${dirty}`);
    return 1;
  }
  if ((await plan()).changesets.length > 0) {
    console.error(
      "there are changesets without a version: run `pnpm changeset version`, and commit what it wrote",
    );
    return 1;
  }
  if (!succeeds(process.execPath, [".ci/gate.mjs"])) return 1;
  // Changesets calls pnpm by its name, which `pnpm exec` puts into the path.
  return succeeds(...pnpmCommand(["exec", "changeset", "publish"])) ? 0 : 1;
}

function builds() {
  return succeeds(...pnpmCommand(["--silent", "run", "build"]));
}

/** The changesets and what they make of the packages. */
function plan() {
  return getReleasePlan(root);
}

function published() {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
    .filter((manifest) => !manifest.private);
}

function summaryOf(id) {
  const text = readFileSync(join(root, ".changeset", `${id}.md`), "utf8");
  return text.split("---").at(-1).trim();
}

function pack(folder) {
  const done = spawnSync(...pnpmCommand(["pack", "--json", "--pack-destination", scratch]), {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (done.status !== 0) throw new Error(`pnpm pack: ${done.stdout}${done.stderr}`);
  const { filename, files } = JSON.parse(done.stdout);
  return { files, bytes: statSync(filename).size };
}
