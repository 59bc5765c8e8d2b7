/** A line of `/proc/<pid>/stat`, as proc_pid_stat(5) numbers its fields. */
export function statLine(stat: {
  readonly pid: number;
  readonly comm?: string;
  readonly state?: string;
  readonly userTicks?: number;
  readonly systemTicks?: number;
  readonly threads?: number;
  readonly startTicks?: number;
  readonly rssPages?: number;
}): string {
  const fields: (string | number)[] = Array.from({ length: 52 }, (_, index) =>
    index % 7 === 0 ? -1 : index,
  );
  fields[0] = stat.pid;
  fields[1] = `(${stat.comm ?? "bot"})`;
  fields[2] = stat.state ?? "S";
  fields[13] = stat.userTicks ?? 0;
  fields[14] = stat.systemTicks ?? 0;
  fields[19] = stat.threads ?? 1;
  fields[21] = stat.startTicks ?? 1_000;
  fields[23] = stat.rssPages ?? 512;
  return `${fields.join(" ")}\n`;
}
