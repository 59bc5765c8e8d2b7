import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

const published = readPackages().filter(({ manifest }) => !manifest.private);
const repository = "https://github.com/kissbot/kissbot-monitor";

function deadLinks(markdown: string, page = "README.md"): string[] {
  const files = ["README.md", "dist/index.js", "fixtures/README.md", "fixtures/cases.json"];
  const manifest = { repository: { url: `git+${repository}.git` } };
  const program = `import("./.ci/packed-links.mjs").then(({ deadLinksIn }) =>
    console.log(JSON.stringify(deadLinksIn(...${JSON.stringify([markdown, page, files, manifest])}))));`;
  const done = spawnSync(process.execPath, ["--eval", program], { cwd: root, encoding: "utf8" });
  expect(done.stderr).toBe("");
  return JSON.parse(done.stdout) as string[];
}

test("a link of a packed page leads into the tarball, or to what is in the repository [trial/B7]", () => {
  const good = [
    "[a](fixtures/README.md) [b](./dist/index.js#L1) [c](fixtures) [d](fixtures/) [e](#here)",
    `[f](${repository}/blob/main/docs/client-guide.md#start) [g](${repository}/issues) [h](https://nodejs.org)`,
    '```js\nconst link = "[x](nowhere.md)";\n```',
  ].join("\n");
  expect(deadLinks(good)).toEqual([]);
  expect(deadLinks("[up](../README.md)", "fixtures/README.md")).toEqual([]);
  const dead = [
    '[a](../../docs/client-guide.md) [b](docs/store.md "title") [c](<gone.md>) ![d](picture.png)',
    `[e](${repository}/blob/main/docs/no-such-page.md)`,
    '<img src="other.png">',
    "[f]: missing.md",
  ].join("\n");
  expect(deadLinks(dead).sort()).toEqual(
    [
      "../../docs/client-guide.md",
      "docs/store.md",
      "gone.md",
      "picture.png",
      `${repository}/blob/main/docs/no-such-page.md`,
      "other.png",
      "missing.md",
    ].sort(),
  );
});

test.each(published.map(({ folder, manifest }) => [folder, manifest] as const))(
  "%s says where its source, its page and its bugs are [trial/B7]",
  (folder, manifest) => {
    expect(manifest).toMatchObject({
      homepage: `${repository}/tree/main/packages/${folder}#readme`,
      repository: { type: "git", url: `git+${repository}.git`, directory: `packages/${folder}` },
      bugs: { url: `${repository}/issues` },
    });
  },
);
