import { Child, until } from "@kissbot/testkit";
import type { Scene } from "./scene.js";

/**
 * A process that holds a lock of the scene's database: `immediate` keeps others from writing,
 * `exclusive` from reading as well.
 */
export class LockHolder extends Child {
  static async hold(scene: Scene, mode: "immediate" | "exclusive"): Promise<LockHolder> {
    const { project } = scene;
    const args = [project.file("lock-holder.mjs"), project.driverPath, scene.storePath, mode];
    const holder = scene.own(new LockHolder(process.execPath, args, { stdin: true }));
    await until("the lock is held", () => holder.stdout.includes("held"), { describe: () => holder.stderr });
    return holder;
  }

  async release(): Promise<void> {
    this.endInput();
    await this.ends(20_000);
  }
}
