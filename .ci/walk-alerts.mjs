// `pnpm walk alerts`: gets the first message by the own lines of docs/alerts.md, in a fresh folder,
// with the command of this tree.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

const heading = "## The first message in a minute";

export function walkAlerts() {
  const main = join(root, "packages", "server", "dist", "main.js");
  if (!existsSync(main)) {
    console.error("the packages are not built: run `pnpm build` first");
    return 1;
  }
  const page = readFileSync(join(root, "docs", "alerts.md"), "utf8");
  const section = page.slice(page.indexOf(heading)).split("\n## ", 2)[0];
  const block = /^```sh\n([\s\S]*?)^```/m.exec(section)?.[1];
  if (block === undefined) throw new Error(`docs/alerts.md has no block of lines below "${heading}"`);
  const folder = mkdtempSync(join(tmpdir(), "kissbot-walk-"));
  try {
    mkdirSync(join(folder, "bin"));
    const command = `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`;
    writeFileSync(join(folder, "bin", "kissbot-monitor"), command, { mode: 0o755 });
    const environment = { HOME: folder, PATH: `${join(folder, "bin")}:${process.env.PATH}` };
    const started = performance.now();
    const options = { cwd: folder, env: environment, encoding: "utf8", timeout: 60_000 };
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "--noprofile", "-euc", block], options);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(`${block}\n${stdout}${stderr}`);
    const arrived = status === 0 && /^DOWN example\/bot-1 since /m.test(stdout);
    console.log(
      arrived ? `Walk: ok, the message came after ${seconds} s` : `Walk: FAILED, exit code ${status}`,
    );
    return arrived ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
