import type { Scene } from "./scene.js";
import { SystemProcess } from "./system-process.js";
import { until } from "./until.js";

/** A process that holds a lock of the scene's database: `immediate` keeps others from writing, `exclusive` from reading as well. */
export class LockHolder extends SystemProcess {
  static async hold(scene: Scene, mode: "immediate" | "exclusive"): Promise<LockHolder> {
    const { project } = scene;
    const args = [project.file("lock-holder.mjs"), project.driverPath, scene.storePath, mode];
    const holder = scene.own(new LockHolder(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] }));
    await until("the lock is held", () => holder.stdout.includes("held"), { describe: () => holder.stderr });
    return holder;
  }

  async release(): Promise<void> {
    this.child.stdin?.end();
    await this.ends(20_000);
  }
}
