import { accessSync, constants, lstatSync, type Stats, statSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { nameOfGroup, nameOfUser } from "../../account-file.js";
import type { Settings } from "../../config/settings.js";
import { socketModeText } from "../../config/socket-mode.js";
import { type Finding, fail, ok, systemReason, warn } from "./finding.js";

export interface SocketState {
  readonly findings: readonly Finding[];
  /** Whether somebody listens there. */
  readonly answers: boolean;
}

const start = "start one with kissbot-monitor start";

/** The folder of the socket, the socket's file, who may connect, and whether somebody listens. */
export async function checkSocket({ socketPath }: Pick<Settings, "socketPath">): Promise<SocketState> {
  if (process.platform === "win32") {
    const answers = (await connectionError(socketPath)) === null;
    return { answers, findings: [answers ? ok("socket", `${socketPath} answers`) : noMonitor(socketPath)] };
  }
  const folder = folderFinding(dirname(socketPath));
  let file: Stats | undefined;
  try {
    file = lstatSync(socketPath, { throwIfNoEntry: false });
  } catch (error) {
    const found = `${socketPath} cannot be seen: ${systemReason(error)}`;
    const advice = `let this user enter ${dirname(socketPath)}, as a member of its group`;
    return { answers: false, findings: [folder, fail("socket", found, advice)] };
  }
  if (file === undefined) return { answers: false, findings: [folder, noMonitor(socketPath)] };
  if (!file.isSocket()) {
    const advice = "move it away, or choose another path with --socket";
    return {
      answers: false,
      findings: [folder, fail("socket", `${socketPath} exists and is not a socket`, advice)],
    };
  }
  const error = await connectionError(socketPath);
  return {
    answers: error === null,
    findings: [folder, answerFinding(socketPath, error), accessFinding(file)],
  };
}

function folderFinding(folder: string): Finding {
  try {
    const { mode } = statSync(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    if ((mode & 0o1002) === 0o002) {
      const advice = `chmod +t ${folder}, or choose another folder with --socket`;
      return warn("socket folder", `in ${folder} every user may delete the socket`, advice);
    }
    return ok("socket folder", `${folder} can be written`);
  } catch (error) {
    const advice = `create it and let ${nameOfUser(process.getuid?.() ?? -1)} write there, or choose another with --socket`;
    return fail("socket folder", `${folder} cannot be written: ${systemReason(error)}`, advice);
  }
}

function noMonitor(socketPath: string): Finding {
  return warn("socket", `no monitor runs on ${socketPath}`, `${start}, or name the right one with --socket`);
}

function answerFinding(socketPath: string, error: NodeJS.ErrnoException | null): Finding {
  switch (error?.code) {
    case undefined:
      return error === null
        ? ok("socket", `${socketPath} answers`)
        : fail("socket", `${socketPath}: ${error.message}`, "look at the monitor's log");
    case "ECONNREFUSED": {
      const found = `${socketPath} was left behind by a monitor that is gone`;
      return warn("socket", found, `${start}: it takes the path over`);
    }
    case "EACCES":
      return fail(
        "socket",
        `this user may not connect to ${socketPath}`,
        "the next line shows who may; --socket-group and --socket-mode change that",
      );
    default:
      return fail("socket", `${socketPath}: ${error?.message}`, "look at the monitor's log");
  }
}

/** Users that may write to the file may connect, if the folders above let them in. */
export function accessFinding(file: Pick<Stats, "mode" | "uid" | "gid">): Finding {
  const text = whoMayConnect(file);
  if (file.mode & 0o002) {
    return warn(
      "who may connect",
      text,
      "fine if you trust them all; otherwise start with --socket-mode 0660",
    );
  }
  return ok("who may connect", text);
}

/** For people: `user kissbot, group bots (owner kissbot:bots, mode 0660)`. */
export function whoMayConnect({ mode, uid, gid }: Pick<Stats, "mode" | "uid" | "gid">): string {
  const bits = mode & 0o777;
  const who = [
    ...(bits & 0o200 ? [`user ${nameOfUser(uid)}`] : []),
    ...(bits & 0o020 ? [`group ${nameOfGroup(gid)}`] : []),
    ...(bits & 0o002 ? ["every user of this machine"] : []),
  ];
  return `${who.join(", ") || "root alone"} (owner ${nameOfUser(uid)}:${nameOfGroup(gid)}, mode ${socketModeText(bits)})`;
}

/** Null where somebody accepted. */
export function connectionError(socketPath: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    const end = (error: NodeJS.ErrnoException | null) => {
      socket.destroy();
      resolve(error);
    };
    socket.setTimeout(3_000, () => end(new Error("no answer within 3 s")));
    socket.on("connect", () => end(null));
    socket.on("error", end);
  });
}
