import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { Child, until } from "@kissbot/testkit";

/** Whether systemd can be played here. */
export const hasNotify =
  spawnSync("systemd-notify", ["--version"]).status === 0 && spawnSync("python3", ["--version"]).status === 0;
if (!hasNotify) console.warn("systemd-notify or python3 is missing: READINESS IS NOT TESTED against systemd");

/** Prints what comes, as Node cannot receive datagrams of a Unix socket. */
const program = `
import array, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
while True:
    data, ancillary, flags, address = receiver.recvmsg(4096, socket.CMSG_SPACE(64))
    # A barrier comes with a descriptor, whose closing is the answer.
    for level, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            for descriptor in array.array("i", content): os.close(descriptor)
    print(data.decode(), flush=True)
`;

/** The datagram socket of a systemd that listens to a service. */
export class NotifySocket implements AsyncDisposable {
  readonly path: string;
  readonly #python: Child;

  private constructor(path: string) {
    this.path = path;
    this.#python = new Child("python3", ["-c", program, path]);
  }

  static async open(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await until("the receiver", () => existsSync(path));
    return socket;
  }

  /** What came, in order, without the barriers. */
  get words(): readonly string[] {
    return this.#python.stdout.split("\n").filter((word) => /^[A-Z]+=/.test(word) && word !== "BARRIER=1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#python.kill();
  }
}
