// `pnpm release`: publishes what has a new version. `pnpm release --dry-run`: says what the next
// release would be, leaves its tarballs and an archive of the fixtures in .tmp/release, prints how
// to install them, and changes nothing else. `pnpm release --install-lines`: prints those two lines
// alone, for a bot and for the monitor.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import getReleasePlan from "@changesets/get-release-plan";
import { buildCommand } from "./build-command.mjs";
import { pnpmCommand, root, succeeds } from "./pnpm.mjs";
import { archiveFixtures, installLine, packAll } from "./release-archives.mjs";

const [flag, ...more] = process.argv.slice(2);
if (more.length > 0 || (flag !== undefined && !["--dry-run", "--install-lines"].includes(flag))) {
  console.error(`expected nothing, --dry-run or --install-lines, not ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}
if (flag === undefined) process.exitCode = await publish();
else process.exitCode = await dryRun(flag === "--dry-run" ? console.log : () => {});

/** Each package by itself: its next version, why, and what its tarball holds. */
async function dryRun(say) {
  if (published().some(({ folder }) => !existsSync(join(folder, "dist")))) {
    const built = await buildCommand();
    if (built !== 0) return built;
  }
  const { releases } = await plan();
  const planned = new Map(
    releases.filter(({ type }) => type !== "none").map((release) => [release.name, release]),
  );
  const versions = new Map(
    published().map(({ name, version }) => [name, planned.get(name)?.newVersion ?? version]),
  );
  const folder = join(root, ".tmp", "release");
  mkdirSync(folder, { recursive: true });
  const tarballs = packAll(versions, folder);
  for (const { name, version } of published()) {
    const release = planned.get(name);
    if (release === undefined) say(`${name}: stays at ${version}`);
    else {
      say(`${name}: ${version} -> ${release.newVersion} (${release.type})`);
      for (const id of release.changesets) say(`  - ${summaryOf(id)}`);
    }
    const { path, files } = tarballs.get(name);
    say(`  tarball: ${path}, ${files} files, ${kilobytes(path)} kB`);
  }
  const fixtures = archiveFixtures(versions.get("@kissbot/protocol"), folder);
  say(`fixtures: ${fixtures}, ${kilobytes(fixtures)} kB`);
  const kept = [...[...tarballs.values()].map(({ path }) => path), fixtures].map((path) => basename(path));
  for (const name of readdirSync(folder)) {
    if (/\.(?:tgz|tar\.gz)$/.test(name) && !kept.includes(name)) rmSync(join(folder, name), { force: true });
  }
  say("\nThe two lines that install them in another project, for a bot and for the monitor:");
  for (const wanted of ["@kissbot/client", "@kissbot/server"]) {
    console.log(installLine(wanted, new Map(published().map((one) => [one.name, one])), tarballs));
  }
  return 0;
}

/**
 * Versions and changelogs are a commit of their own (`pnpm changeset version`), so that what is
 * published can be found again.
 */
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
  const { version } = published().find(({ name }) => name === "@kissbot/server");
  if (!existsSync(join(root, "packages", "e2e", "fixtures", "releases", version))) {
    console.error(
      `what ${version} writes is not recorded: run \`node .ci/record-release.mjs ${version}\`, and commit what it wrote`,
    );
    return 1;
  }
  if (!succeeds(process.execPath, [".ci/gate.mjs"])) return 1;
  // Changesets calls pnpm by its name, which `pnpm exec` puts into the path.
  return succeeds(...pnpmCommand(["exec", "changeset", "publish"])) ? 0 : 1;
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

function kilobytes(path) {
  return Math.ceil(statSync(path).size / 1024);
}
