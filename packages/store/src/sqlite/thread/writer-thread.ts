import { parentPort, workerData } from "node:worker_threads";
import { noteFromError } from "../../error.js";
import { WriteLoop } from "./write-loop.js";
import type { FromWriter, ToWriter, WriterSetup } from "./writer-message.js";

// The writer's thread. It ends by itself when its port is closed and nothing is left to do:
// terminating a thread can cut a native call short, which leaves the process's SQLite in a state
// that nobody knows.
const port = parentPort;
if (port === null) throw new Error("this file is the store's writer thread; openStore starts it");

const post = (message: FromWriter): void => port.postMessage(message);
const writer = new WriteLoop(workerData as WriterSetup, post, () => port.close());
// From the start, since opening can be given up while another process holds the lock.
port.on("message", (message: ToWriter) => writer.handleMessage(message));
try {
  await writer.open();
  post({ kind: "opened" });
} catch (error) {
  post({ kind: "not_opened", error: noteFromError(error) });
  port.close();
}
