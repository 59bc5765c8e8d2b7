import { connect } from "node:net";
import { codeOfError } from "./error-code.js";

/**
 * The result of connecting to the path. `answers`: a process listens there. `refused`: a socket
 * without a listener, the only one that may be replaced. `missing`: nothing. Otherwise the code of
 * the error.
 */
export type ProbeResult = "answers" | "refused" | "missing" | { readonly code: string };

/**
 * Connects and leaves at once, without a word. A connect to a Unix socket is decided at once, so it
 * needs no deadline.
 */
export function probeSocket(path: string): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on("connect", () => {
      socket.destroy();
      resolve("answers");
    });
    socket.on("error", (error) => resolve(resultOf(codeOfError(error))));
  });
}

function resultOf(code: string): ProbeResult {
  switch (code) {
    // The accept queue is full: a process listens, but is slow or frozen.
    case "EAGAIN":
      return "answers";
    case "ECONNREFUSED":
      return "refused";
    case "ENOENT":
      return "missing";
    default:
      return { code };
  }
}
