// The files of a release: a tarball of each package, as npm will have it, and an archive of the
// fixtures for ports.
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { pnpmCommand, root } from "./pnpm.mjs";

/**
 * Packs packages as they will be published: with their versions, and with those where one depends
 * on another. Returns the path of each tarball and how many files are in it, by the name of the
 * package.
 */
export function packAll(versions, folder) {
  const scratch = mkdtempSync(join(root, ".tmp", "pack-"));
  try {
    const filters = [...versions.keys()].flatMap((name) => ["--filter", name]);
    run(...pnpmCommand(["--recursive", ...filters, "pack", "--pack-destination", scratch]), root);
    return new Map(readdirSync(scratch).map((file) => withVersions(join(scratch, file), versions, folder)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function withVersions(tarball, versions, folder) {
  const unpacked = `${tarball}.unpacked`;
  mkdirSync(unpacked);
  run("tar", ["-xzf", tarball, "-C", unpacked], unpacked);
  const path = join(unpacked, "package", "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  manifest.version = versions.get(manifest.name);
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (versions.has(name)) manifest.dependencies[name] = versions.get(name);
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  const name = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
  const packed = archive(name, unpacked, ["package"], folder);
  const files = run("tar", ["-tzf", packed], unpacked).split("\n");
  return [manifest.name, { path: packed, files: files.filter((file) => /[^/]$/.test(file)).length }];
}

/** What a port in another language is tested with: the fixtures and the JSON Schema. */
export function archiveFixtures(version, folder) {
  return archive(
    `kissbot-fixtures-${version}.tar.gz`,
    join(root, "packages", "protocol"),
    ["fixtures", "schema.json"],
    folder,
  );
}

/**
 * What npm is to be told to install a package that is not published, with those that it needs, each
 * before its users.
 */
export function installLine(wanted, manifests, tarballs) {
  const paths = new Set();
  const add = (name) => {
    for (const other of Object.keys(manifests.get(name).dependencies ?? {}))
      if (tarballs.has(other)) add(other);
    paths.add(tarballs.get(name).path);
  };
  add(wanted);
  return `npm install ${[...paths].map(quoted).join(" ")}`;
}

function quoted(path) {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Made beside its place and then moved there, so that nobody reads half of one. */
function archive(name, from, content, folder) {
  mkdirSync(folder, { recursive: true });
  const draft = join(folder, `${name}.${process.pid}`);
  run("tar", ["-czf", draft, ...content], from);
  const path = join(folder, basename(name));
  renameSync(draft, path);
  return path;
}

function run(command, args, cwd) {
  const shell = process.platform === "win32";
  const done = spawnSync(command, args, { cwd, encoding: "utf8", shell });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}
