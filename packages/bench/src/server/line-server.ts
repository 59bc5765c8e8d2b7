import { createServer, type Server } from "node:net";

/** A plain server on a Unix socket that cuts what it reads into lines. */
export class LineServer {
  readonly #server: Server;
  /** How many it has cut. */
  lines = 0;

  private constructor(take: (lines: readonly string[]) => void) {
    this.#server = createServer((socket) => {
      let rest = "";
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        const texts = (rest + chunk).split("\n");
        rest = texts.pop() as string;
        this.lines += texts.length;
        take(texts);
      });
      socket.on("error", () => socket.destroy());
    });
  }

  /** `take` gets the whole lines of each chunk, which may be none. */
  static async listen(socketPath: string, take: (lines: readonly string[]) => void): Promise<LineServer> {
    const made = new LineServer(take);
    await new Promise<void>((resolve) => made.#server.listen({ path: socketPath, backlog: 4_096 }, resolve));
    return made;
  }
}
