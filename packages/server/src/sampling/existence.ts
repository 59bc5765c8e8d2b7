/** The greatest pid that POSIX systems can have: their `pid_t` has 32 bits and a sign. */
const greatestPid = 2_147_483_647;

export type Existence = "exists" | "absent" | "unknown";

/**
 * Asks the system itself whether some process, zombies included, has this pid, by a signal 0 that
 * is never delivered. It is told of processes that this user may not signal, and of those that a
 * `/proc` mounted with `hidepid` does not show.
 */
export function existenceOf(pid: number): Existence {
  // 0 and below would name process groups, and that of the monitor always exists.
  if (!Number.isInteger(pid) || pid < 1) return "absent";
  if (pid > greatestPid) return process.platform === "win32" ? "unknown" : "absent";
  try {
    process.kill(pid, 0);
    return "exists";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM") return "exists";
    return code === "ESRCH" ? "absent" : "unknown";
  }
}
