/**
 * What to do about each problem that a monitor names, in one sentence. `docs/http-api.md` says what
 * each means.
 */
const advice: Readonly<Record<string, string>> = {
  store_opening: "wait some seconds; if it lasts, see who holds the database: fuser FILE",
  store_busy: "end the program that locks the database (fuser FILE names it); rows wait until then",
  store_disk_full: "make room on the database's disk; the monitor goes on by itself",
  store_failed: "do what the detail asks for; if it names none, look at the log and at the disk",
  store_lost: "nothing, if that was meant; else put the file back and restart the monitor",
  store_corrupt:
    "check the disk; rows come back from the file that was set aside with: sqlite3 FILE .recover | sqlite3 NEW_FILE",
  store_reads_fail: "do what the detail asks for; if it lasts, restart the monitor and check the disk",
  store_maintenance_fails: "do what the detail asks for; until then the file grows",
  store_snapshot_held: "end the program that the detail names, or its long read of the database",
  store_io_error: "check the disk and the file system: dmesg, and smartctl",
  store_cannot_open: "let the monitor's user read and write the file and its folder",
  store_thread_failed: "restart the monitor; if it comes back, look at the log",
  clock_doubtful: "check the clock, and keep it set with NTP; nothing is deleted until then",
  socket_lost:
    "do not remove the socket's file; end the other program that has taken the path, if there is one",
  receiver_broken:
    "a receiver refuses the address or the secret of the config file: set a new one; it is tried once an hour",
  control_lost:
    "let the monitor's user write in the folder of the socket, and remove what stands at the control socket's path; everything but commands that change something works meanwhile",
  descriptors_exhausted: "raise the limit: LimitNOFILE= in the unit, or ulimit -n",
  queue_shedding:
    "if the database is too slow, find out what slows its disk; if the fleet is full, raise --max-bots; if many processes claim one channel, end them",
  process_table_unreadable: "mount /proc where the monitor runs, or use --probe pidusage",
  processes_hidden: "let the monitor see other users' processes: no hidepid, no ProtectProc= in its unit",
  fleet_away:
    "nothing, if the fleet database comes back; the detail says what is wrong; rows wait here until then",
  fleet_refused:
    "do what the detail asks for; kissbot-monitor hosts check finds more; rows wait here until then",
  fleet_unwatched:
    "give the hub a role that may write, such as kissbot_writer, or start it with --no-fleet-lead",
  fleet_cloned: "stop the other monitor, or give it a database of its own with --store",
  fleet_skewed: "keep both clocks set with NTP",
  probe_failing: "look at the log; if it lasts, try --probe pidusage",
};

/** A code that this version does not know is a newer monitor's. */
export function adviceOnProblem(code: string): string {
  return advice[code] ?? "look at the monitor's log: journalctl --unit kissbot-monitor";
}
