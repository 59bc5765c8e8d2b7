import type { ListenerTerms } from "./listener-terms.js";
import { SocketError } from "./socket-error.js";

/** The first descriptor that systemd hands down. */
const firstDescriptor = 3;

/**
 * The listening sockets that systemd (or `systemd-socket-activate`) opened for this process, by
 * sd_listen_fds_with_names(3): the descriptor of each principal's. `LISTEN_PID` has to be this very
 * process: behind `npm` or a shell it is that one's, and the sockets are not for us. The variables
 * are taken out of the environment, so that no child believes them.
 *
 * `others` are the listeners beside that of `local`. A socket belongs to the principal that it is
 * named after (`FileDescriptorName=`). One without a name of its own, which then has that of
 * its unit, is that of `local`. Where there is no other principal, names say nothing. Throws
 * `cannot_bind` if it cannot be known whose a socket is.
 */
export function takeInheritedSockets(
  environment: Record<string, string | undefined>,
  pid: number,
  others: readonly Pick<ListenerTerms, "principal">[],
): ReadonlyMap<string, number> {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment;
  const sockets = new Map<string, number>();
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return sockets;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (LISTEN_FDS === "0") return sockets;
  const principals = others.map(({ principal }) => principal);
  if (principals.length === 0) {
    if (LISTEN_FDS !== "1") {
      throw refused(
        `expected one socket (LISTEN_FDS=1), got LISTEN_FDS=${JSON.stringify(LISTEN_FDS)}: keep one ListenStream= in the socket unit`,
      );
    }
    return sockets.set("local", firstDescriptor);
  }
  const count = /^[1-9]\d{0,3}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : 0;
  // What sd_listen_fds_with_names(3) gives in place of names.
  const names = LISTEN_FDNAMES?.split(":") ?? new Array<string>(count).fill("unknown");
  if (count === 0 || names.length !== count) {
    throw refused(
      `expected a name for each socket, got LISTEN_FDS=${JSON.stringify(LISTEN_FDS)} and LISTEN_FDNAMES=${JSON.stringify(LISTEN_FDNAMES ?? "")}`,
    );
  }
  for (const [index, name] of names.entries()) {
    const principal = principalOf(name, principals);
    if (principal === null) {
      throw refused(
        `no listener is called ${JSON.stringify(name.slice(0, 100))}: FileDescriptorName= of a socket unit is local, or the principal of a listener (${principals.join(", ")})`,
      );
    }
    if (sockets.has(principal)) {
      throw refused(
        `there are two sockets for ${principal}: keep one ListenStream= for each, in a socket unit with its own FileDescriptorName=`,
      );
    }
    sockets.set(principal, firstDescriptor + index);
  }
  return sockets;
}

function principalOf(name: string, principals: readonly string[]): string | null {
  if (principals.includes(name)) return name;
  const hasNoName = name === "" || name === "unknown" || name.endsWith(".socket");
  return name === "local" || hasNoName ? "local" : null;
}

function refused(why: string): SocketError {
  return new SocketError("cannot_bind", `socket activation: ${why}`);
}
