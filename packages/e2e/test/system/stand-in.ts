import { Child, until } from "@kissbot/testkit";
import type { Scene } from "./scene.js";

export interface Arrival {
  readonly connection: number;
  readonly type: string;
  readonly atMs: number;
}

/**
 * Behaves on a socket as the Python monitor did: it removes whatever is at the path when it starts,
 * closes a connection on which no line came for `idleMs`, and leaves its socket file behind when it
 * is killed.
 */
export class StandIn extends Child {
  static async start(scene: Scene, socketPath: string, idleMs: number): Promise<StandIn> {
    const args = [scene.project.file("stand-in.mjs"), socketPath, String(idleMs)];
    const standIn = scene.own(new StandIn(process.execPath, args, { folder: scene.folder }));
    await until("the stand-in listens", () => standIn.stdout.includes("listening"));
    return standIn;
  }

  arrivals(): Arrival[] {
    return this.stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line) as Arrival);
  }
}
