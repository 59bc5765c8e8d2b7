import { SocketError } from "./socket-error.js";

/** The first descriptor that systemd hands down. */
const firstDescriptor = 3;

/**
 * The listening socket that systemd (or `systemd-socket-activate`) opened for this process, by
 * sd_listen_fds(3); null if there is none. `LISTEN_PID` has to be this very process: behind `npm`
 * or a shell it is that one's, and the socket is not for us. The variables are taken out of the
 * environment, so that no child believes them. Throws `cannot_bind` if there are several: it cannot
 * be known which is meant.
 */
export function takeInheritedDescriptor(
  environment: Record<string, string | undefined>,
  pid: number,
): number | null {
  const { LISTEN_PID, LISTEN_FDS } = environment;
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return null;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (LISTEN_FDS === "0") return null;
  if (LISTEN_FDS !== "1") {
    throw new SocketError(
      "cannot_bind",
      `socket activation: expected one socket (LISTEN_FDS=1), got LISTEN_FDS=${JSON.stringify(LISTEN_FDS)}: keep one ListenStream= in the socket unit`,
    );
  }
  return firstDescriptor;
}
