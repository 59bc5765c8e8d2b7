import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "@kissbot/testkit";
import type { TestContext } from "vitest";
import { InstalledProject } from "./installed-project.js";

/**
 * What one test needs: the installed project, a folder with a socket's path and a database's, and
 * everything that was started in it. When the test is over, however it ends, its processes are
 * gone, then its folder.
 */
export class Scene implements AsyncDisposable {
  readonly project: InstalledProject;
  readonly folder: string;
  readonly #processes: Child[] = [];
  readonly #cleanups: (() => void)[] = [];

  private constructor(project: InstalledProject, folder: string) {
    this.project = project;
    this.folder = folder;
  }

  static async open(context: Pick<TestContext, "onTestFailed">, folder?: string): Promise<Scene> {
    const project = await InstalledProject.open();
    const scene = new Scene(project, folder ?? mkdtempSync(join(tmpdir(), "kissbot-system-")));
    context.onTestFailed(() => console.error(scene.#log()));
    return scene;
  }

  get socketPath(): string {
    return join(this.folder, "monitor.sock");
  }

  get storePath(): string {
    return join(this.folder, "kissbot_monitor.db");
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  own<Process extends Child>(process: Process): Process {
    this.#processes.push(process);
    return process;
  }

  /** To be done at the end, after the processes are gone, the last first. */
  defer(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
    for (const cleanup of this.#cleanups.reverse()) cleanup();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the processes said last, for whoever has to find out why a test failed. */
  #log(): string {
    return this.#processes
      .map(({ pid, exit, stderr }) => {
        const end = exit === null ? "runs" : `ended with ${exit.code ?? exit.signal}`;
        return `-- process ${pid} ${end}\n${stderr.slice(-3_000)}`;
      })
      .join("\n");
  }
}
