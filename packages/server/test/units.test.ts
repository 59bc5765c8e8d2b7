import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";

const share = fileURLToPath(new URL("../share/systemd", import.meta.url));
const text = (name: string) => readFileSync(join(share, name), "utf8");

/** What a directive is set to, in the order of the file. */
function valuesOf(name: string, directive: string): string[] {
  return [...text(name).matchAll(new RegExp(`^${directive}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!hasSystemd && process.env["CI"] === "true" && process.geteuid?.() === 0) {
  spawnSync("apt-get", ["install", "--yes", "--no-install-recommends", "systemd"], { stdio: "inherit" });
}
const canVerify = spawnSync("systemd-analyze", ["--version"]).status === 0;
if (!canVerify) console.warn("units.test.ts: SKIPPED: no systemd-analyze; the units are only read.");

test.skipIf(!canVerify)(
  "systemd understands the units, the drop-in, the user and the folders [trial/O4]",
  () => {
    using folder = new TemporaryFolder("units");
    const command = folder.file("kissbot-monitor");
    writeFileSync(command, "#!/bin/sh\n", { mode: 0o755 });
    const units = ["kissbot-monitor.socket", "kissbot-monitor.service"].map((name) => {
      // Where the command is installed is not this machine's matter.
      writeFileSync(folder.file(name), text(name).replaceAll(/^(Exec\w+=)kissbot-monitor/gm, `$1${command}`));
      return folder.file(name);
    });
    const team = folder.file("kissbot-monitor@team_a.socket");
    copyFileSync(join(share, "kissbot-monitor@.socket"), team);
    const bot = folder.file("bot.service");
    writeFileSync(bot, `${text("bot.service.d/kissbot-monitor.conf")}ExecStart=/bin/true\n`);
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", ...units, team, bot], {
      encoding: "utf8",
    });
    const complaints = `${verified.stdout}${verified.stderr}`
      .split("\n")
      .filter((line) => line.includes(folder.path) || /kissbot|bot\.service/.test(line));
    expect(complaints).toEqual([]);
    for (const [program, flags, file] of [
      ["systemd-sysusers", ["--dry-run"], "sysusers.conf"],
      ["systemd-tmpfiles", ["--create", "--dry-run"], "tmpfiles.conf"],
    ] as const) {
      copyFileSync(join(share, file), folder.file(file));
      const done = spawnSync(program, [...flags, folder.file(file)], { encoding: "utf8" });
      // An older one has no --dry-run: then the walk through deployment.md creates them.
      if (/unrecognized option/.test(done.stderr)) continue;
      const wrong = done.stderr
        .split("\n")
        .filter((line) => /:\d+: /.test(line) && !/unknown user/i.test(line));
      expect(wrong, file).toEqual([]);
    }
  },
);

test("a user's socket starts before the service, which systemd would otherwise refuse", () => {
  expect(valuesOf("kissbot-monitor@.socket", "Service")).toEqual(["kissbot-monitor.service"]);
  expect(valuesOf("kissbot-monitor@.socket", "WantedBy")).toEqual(["sockets.target kissbot-monitor.service"]);
  const page = readFileSync(new URL("../../../docs/users.md", import.meta.url), "utf8");
  const steps = [...page.matchAll(/^\d\. `systemctl ([^`]+)`/gm)].map(([, step]) => step);
  expect(steps).toEqual([
    "enable kissbot-monitor@team_a.socket kissbot-monitor@team_b.socket",
    "stop 'kissbot-monitor*.socket' kissbot-monitor.service",
    "start kissbot-monitor.service",
  ]);
  expect(page).toContain("keep the five lines of each user");
});

test("no directive hides the bots' processes or /tmp, takes the socket away, or forbids what Node must do [trial/O4]", () => {
  for (const directive of [
    "PrivateTmp",
    "ProtectProc",
    "ProcSubset",
    "PrivateUsers",
    "MemoryDenyWriteExecute",
    "RuntimeDirectory",
    "DynamicUser",
    "RemoveOnStop",
    "PrivateNetwork",
  ]) {
    for (const unit of ["kissbot-monitor.service", "kissbot-monitor.socket"]) {
      expect(valuesOf(unit, directive), `${unit}: ${directive}`).toEqual([]);
    }
  }
});

test("the service has no capability, writes in its two folders alone, and calls what a service may [trial/O4]", () => {
  const unit = "kissbot-monitor.service";
  for (const [directive, value] of Object.entries({
    NoNewPrivileges: "yes",
    UMask: "0077",
    CapabilityBoundingSet: "",
    AmbientCapabilities: "",
    ProtectSystem: "strict",
    ReadWritePaths: "/run/kissbot",
    StateDirectory: "kissbot",
    SystemCallFilter: "@system-service",
    // Else a call outside the list kills the monitor.
    SystemCallErrorNumber: "EPERM",
  })) {
    expect(valuesOf(unit, directive), directive).toEqual([value]);
  }
  expect(valuesOf(unit, "RestrictAddressFamilies").join().split(" ")).toEqual(
    expect.arrayContaining(["AF_UNIX", "AF_INET", "AF_INET6"]),
  );
});

test.skipIf(!canVerify)(
  "systemd-analyze security gives the service at most 2.5 of 10 points [trial/O4]",
  () => {
    using folder = new TemporaryFolder("units");
    const unit = folder.file("kissbot-monitor.service");
    writeFileSync(unit, text("kissbot-monitor.service"));
    const judged = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], {
      encoding: "utf8",
    });
    // An older one knows no --offline.
    if (/unrecognized option/.test(judged.stderr)) return;
    const [, exposure = "none"] = /exposure level for \S+: ([\d.]+)/.exec(judged.stdout) ?? [];
    expect(Number(exposure), `${judged.stdout}${judged.stderr}`).toBeLessThanOrEqual(2.5);
  },
);

test("systemd hears that the monitor is ready and alive, also from a child, and starts a hung one again [alerts/A33]", () => {
  expect(valuesOf("kissbot-monitor.service", "Type")).toEqual(["notify"]);
  expect(valuesOf("kissbot-monitor.service", "NotifyAccess")).toEqual(["all"]);
  expect(valuesOf("kissbot-monitor.service", "WatchdogSec")).toEqual(["60"]);
  expect(valuesOf("kissbot-monitor.service", "Restart")).toEqual(["always"]);
});

test("socket, service, folder and the bots' drop-in name one path, one user and one group [trial/O4]", () => {
  const socket = "/run/kissbot/monitor.sock";
  expect(valuesOf("kissbot-monitor.socket", "ListenStream")).toEqual([socket]);
  expect(valuesOf("kissbot-monitor.service", "Environment")).toContain(`KISSBOT_MONITOR_SOCKET=${socket}`);
  expect(valuesOf("bot.service.d/kissbot-monitor.conf", "Environment")).toEqual([
    `KISSBOT_MONITOR_SOCKET=${socket}`,
  ]);
  const [group] = valuesOf("kissbot-monitor.socket", "SocketGroup");
  expect(valuesOf("bot.service.d/kissbot-monitor.conf", "SupplementaryGroups")).toEqual([group]);
  expect(text("sysusers.conf")).toMatch(new RegExp(`^g ${group} -$`, "m"));
  const [user] = valuesOf("kissbot-monitor.service", "User");
  expect(text("sysusers.conf")).toMatch(new RegExp(`^u ${user} - `, "m"));
  expect(text("tmpfiles.conf")).toMatch(new RegExp(`^d /run/kissbot 0755 ${user} ${user} -$`, "m"));
});

test("they are files that everybody may read, and the package brings them [trial/O4]", () => {
  const names = readdirSync(share, { recursive: true, encoding: "utf8" });
  for (const name of names) expect(statSync(join(share, name)).mode & 0o444, name).toBe(0o444);
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(manifest.files).toContain("share");
});
