import { writeFileSync } from "node:fs";
import { RecordingLogger, TemporaryFolder } from "@kissbot/testkit";
import { PageFiles } from "../../src/dashboard/page-files.js";

export const script = `${"export const rows = [];\n".repeat(200)}`;
export const style = `${"body { color: #14181d }\n".repeat(200)}`;
export const shell = `<!doctype html><meta name="kissbot-build" content="abc123"><script type="module" src="assets/page-AB12CD34.js"></script>`;

/** A folder as the build of the page leaves it. */
export class BuiltPage implements Disposable {
  readonly log = new RecordingLogger();
  readonly #folder = new TemporaryFolder("page");

  constructor(files: Readonly<Record<string, string>> = {}) {
    const all = {
      "index.html": shell,
      "page-AB12CD34.js": script,
      "page-EF56GH78.css": style,
      "icon-IJ90KL12.svg": "<svg/>",
      "THIRD-PARTY.txt": "MIT\n".repeat(100),
      ...files,
    };
    for (const [name, text] of Object.entries(all)) this.write(name, text);
  }

  get folder(): string {
    return this.#folder.path;
  }

  write(name: string, text: string): void {
    writeFileSync(this.#folder.file(name), text);
  }

  async read(): Promise<PageFiles> {
    const files = new PageFiles({ folder: this.folder, logger: this.log });
    await files.start();
    return files;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
