// `pnpm walk recipes`: installs the libraries of docs/recipes, and runs every block of each page
// with them, a far side on this machine and a real monitor. What this machine lacks for one is
// skipped, counted and named; with CI=true it fails.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";
import { provideLibraries } from "./recipe-libraries.mjs";

const tests = "packages/e2e/test/recipes";

export async function walkRecipes() {
  if (!existsSync(join(root, "packages", "server", "dist", "main.js"))) {
    console.error("the packages are not built: run `pnpm build` first");
    return 1;
  }
  if (!(await provideLibraries())) return 1;
  const folder = mkdtempSync(join(tmpdir(), "kissbot-walk-"));
  try {
    const report = join(folder, "report.json");
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const started = performance.now();
    const { status } = spawnSync(process.execPath, [vitest, "run", tests, ...reporters], {
      cwd: root,
      stdio: "inherit",
    });
    if (!existsSync(report)) return status ?? 1;
    const results = JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(
      ({ assertionResults }) => assertionResults,
    );
    const skipped = results.filter((result) => result.status === "pending" || result.status === "skipped");
    for (const { fullName } of skipped) console.log(`SKIPPED: ${fullName}`);
    const pages = readdirSync(join(root, "docs", "recipes")).map((page) => `docs/recipes/${page}`);
    const counts = `${pages.length} pages, ${blocksOf(pages)} blocks, ${results.length - skipped.length} tests, ${skipped.length} skipped`;
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    const isOk = status === 0 && (skipped.length === 0 || process.env.CI !== "true");
    console.log(`Walk: ${isOk ? "ok" : "FAILED"}, ${counts}, ${seconds} s`);
    return isOk ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function blocksOf(pages) {
  const fences = pages.flatMap((page) => readFileSync(join(root, page), "utf8").match(/^```\w+$/gm) ?? []);
  return fences.length;
}
