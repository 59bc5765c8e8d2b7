import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root, snippetsIn } from "./document.js";
import type { MarkdownSnippet } from "./markdown-snippet.js";
import { operatorDocuments } from "./operator-document.js";
import { operatorShellForFile } from "./operator-shell.js";

/** The closed list of what is not run, by how it begins, each with its reason. */
const notRun: readonly (readonly [string, string])[] = [
  // These change the machine: `pnpm walk deployment` runs them.
  ["npm install --global", "installs on the machine"],
  ["npm uninstall --global", "the same"],
  ["share=", "the same"],
  ["install ", "the same"],
  ["systemctl", "the same"],
  ["systemd-", "the same"],
  ["runuser", "the same"],
  ["rm -", "the same"],
  ["node .ci/record-release.mjs", "writes into the repository, once for a release"],
  ["node .ci/sbom.mjs", "reads the tarballs of a release; the workflow runs it"],
  ["cp ", "the words of a step, not a command of ours"],
];

/** Their blocks of commands need root, and are run by a walk of their own. */
const walked: readonly string[] = ["docs/containers.md", "docs/users.md"];

const shell = operatorShellForFile();

describe.each(operatorDocuments)("%s", (document) => {
  const markdown = readFileSync(join(root, document), "utf8");
  const snippets = snippetsIn(document);
  const outputs = snippets.map(({ output }) => output?.line);
  for (const snippet of snippets) if (!outputs.includes(snippet.line)) checkSnippet(snippet);

  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const commands = [...prose.matchAll(/`((?:kissbot-monitor|curl|ls|node|cp) [^`]+)`/g)].map(
    ([, command = ""]) => command,
  );
  test.each([...new Set(commands)].filter((command) => !isLeftOut(command)))(
    "`%s` works",
    async (command) => {
      await checkCommand(command);
    },
  );

  test("links to what is there", () => {
    for (const [, target = ""] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect(() => readFileSync(join(root, document, "..", target)), target).not.toThrow();
    }
  });
});

function checkSnippet(snippet: MarkdownSnippet): void {
  const { document, line, language, text } = snippet;
  const title = `line ${line}: ${language}`;
  if (language === "sh" && walked.includes(document)) {
    const walk = document.replace(/^docs\/(\w+)\.md$/, "pnpm walk $1");
    test(`${title} is run by ${walk}`, () => {
      expect(readFileSync(join(root, "docs", "CONTRIBUTING.md"), "utf8")).toContain(`\`${walk}\``);
      expect(readFileSync(join(root, document), "utf8")).toContain(`\`${walk}\``);
    });
  } else if (language === "sh") {
    const commands = text.split("\n").filter((command) => command !== "" && !isLeftOut(command));
    if (commands.length > 0) test(`${title} works`, () => checkCommand(commands.join("\n")));
  } else if (language === "js") {
    test(`${title} prints what is shown`, async () => {
      const file = join(shell().folder, `snippet-${line}.mjs`);
      writeFileSync(file, text);
      const run = await shell().run(`${process.execPath} ${file}`);
      expect(run).toEqual({ code: 0, output: snippet.output?.text ?? "" });
    });
  } else if (language === "yaml") {
    test(`${title} is read`, () => checkYaml(text, line));
  } else if (language === "mermaid") {
    test(`${title} is a diagram`, () => expect(text).toMatch(/^(sequenceDiagram|flowchart LR)\n/));
  } else if (language === "cron") {
    test(`${title} is run by cron-line.test.ts`, () => expect(document).toBe("docs/alerts.md"));
  } else if (language === "nginx" || language === "caddy") {
    test(`${title} is what the tests of the page put in front of a monitor`, () => {
      const tests = "packages/server/test/dashboard/browser";
      const users = ["proxy.test.ts", "proxy-snippet.ts"].map((name) =>
        readFileSync(join(root, tests, name), "utf8"),
      );
      expect(users.join()).toContain(`proxySnippet("${language}")`);
    });
  } else {
    test(`${title} is of a kind that can be tested`, () => {
      throw new Error(`${document}:${line}: nothing tests a block of language "${language}"`);
    });
  }
}

async function checkCommand(command: string): Promise<void> {
  if (/(?:kissbot-monitor|@kissbot\/server) start/.test(command)) {
    const { code, output } = await shell().runUntilItServes(command);
    expect(code, output).toBe(0);
  } else {
    const { code, output } = await shell().run(command);
    expect(code, output).toBe(0);
    if (command.includes("--quiet")) expect(output).toBe("");
    else expect(output).not.toBe("");
  }
}

async function checkYaml(text: string, line: number): Promise<void> {
  const document = parse(text);
  if (document.monitoring !== undefined) {
    const file = join(shell().folder, `config-${line}.yaml`);
    writeFileSync(file, document.monitoring.listeners === undefined ? text : withOwnAccounts(text));
    const { code, output } = await shell().runUntilItServes(`kissbot-monitor start --config ${file}`);
    expect(code, output).toBe(0);
    return;
  }
  if (document.services !== undefined) {
    // What a container of a bot is given has to be what the monitor's has.
    const monitor = parse(readFileSync(join(root, "packages/server/share/docker/compose.yaml"), "utf8"));
    for (const name of Object.keys(document.volumes)) {
      expect(Object.values(monitor.volumes)).toContainEqual({ name });
    }
    return;
  }
  // Rules and scrape jobs of Prometheus: what they name has to be there.
  expect(document.groups ?? document.scrape_configs).toHaveLength(1);
  const { output } = await shell().run("curl --silent http://127.0.0.1:7788/metrics");
  for (const [name] of text.matchAll(/kissbot_\w+/g)) expect(output).toContain(`# TYPE ${name} `);
}

/** Sockets of other users, with folders, a token and accounts that this user has. */
function withOwnAccounts(text: string): string {
  const folder = join(shell().folder, "run");
  for (const [, team = ""] of text.matchAll(/socket: \/run\/kissbot\/(\w+)\//g))
    mkdirSync(join(folder, team), { recursive: true });
  const token = join(shell().folder, "http.token");
  writeFileSync(token, "a-token\n", { mode: 0o600 });
  return text
    .replaceAll("/run/kissbot", folder)
    .replaceAll("/etc/kissbot/http.token", token)
    .replaceAll(/\b(group: )\w+/g, `$1${process.getgid?.() ?? 0}`)
    .replaceAll(/\b((?:owner|uid): )\w+/g, `$1${process.getuid?.() ?? 0}`);
}

function isLeftOut(command: string): boolean {
  return notRun.some(([start]) => command.startsWith(start));
}
