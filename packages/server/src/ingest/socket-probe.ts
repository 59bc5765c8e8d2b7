import { connect } from "node:net";
import { codeOfError } from "./error-code.js";

/**
 * What a connect to the path meets. `answers`: somebody listens there. `refused`: a socket that
 * nobody listens on any more, the only one that may be replaced. `missing`: nothing. Anything else
 * is the error's code.
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
    // The queue of those who wait to be accepted is full: somebody listens, and is slow or frozen.
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
