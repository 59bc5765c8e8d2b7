import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Notice } from "../alerts/notice.js";
import type { Answer, RenderedNotice } from "../alerts/receiver-door.js";
import type { ReceiverTarget } from "../config/alert-settings.js";
import { cutSecrets } from "./cut-secrets.js";
import { noticeJson } from "./notice-json.js";
import type { Receiver } from "./receiver.js";

type CommandTarget = Omit<ReceiverTarget & { kind: "exec" }, "kind">;

const runMs = 30_000;
/** So much of its standard error is kept: a secret in its last line is there as a whole. */
const mostKept = 16_384;
/** Shorter values are words, such as the name of a zone. */
const leastSecret = 6;
/** EX_TEMPFAIL of sysexits.h. */
const againCode = 75;

const isWindows = process.platform === "win32";
/** What most programs need, and holds no secret. */
const passedOn: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "TMP",
  "TEMP",
];
/** What programs of Windows need to start. */
const passedOnByWindows: readonly string[] = [
  "SYSTEMROOT",
  "SYSTEMDRIVE",
  "WINDIR",
  "COMSPEC",
  "PATHEXT",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "PROGRAMFILES",
  "PROGRAMDATA",
];

export interface CommandOptions {
  /** 30 000 */
  readonly deadlineMs?: number;
}

/**
 * A program that is told on its standard input, without a shell: the same JSON as a webhook gets,
 * and the notice's id in KISSBOT_NOTICE_ID. 0 means delivered. After 30 s it is ended with all that
 * it has started. Of the monitor's environment, which may hold secrets, it gets what most programs
 * need, and what the config gives it by name.
 */
export class CommandReceiver implements Receiver {
  readonly name: string;
  readonly kind = "exec";
  readonly #command: readonly string[];
  readonly #isPassedOn: (variable: string) => boolean;
  readonly #runMs: number;
  readonly #given: readonly string[];

  constructor(name: string, { command, env }: CommandTarget, { deadlineMs = runMs }: CommandOptions = {}) {
    this.name = name;
    this.#command = command;
    this.#runMs = deadlineMs;
    this.#given = env;
    const given = new Set([...passedOn, ...env].map(comparable));
    if (isWindows) for (const variable of passedOnByWindows) given.add(variable);
    this.#isPassedOn = (variable) => {
      const key = comparable(variable);
      return given.has(key) || key.startsWith("LC_");
    };
  }

  render(notice: Notice): RenderedNotice {
    return { noticeId: notice.noticeId, body: noticeJson(notice), plain: null };
  }

  send({ noticeId, body }: RenderedNotice, signal: AbortSignal): Promise<Answer> {
    const [program = "", ...args] = this.#command;
    return new Promise((resolve) => {
      // Without streams where no file can be opened any more.
      const child: ChildProcess = spawn(program, args, {
        // A group of its own, which can be ended as one.
        detached: !isWindows,
        stdio: ["pipe", "ignore", "pipe"],
        env: { ...this.#environment(), KISSBOT_NOTICE_ID: noticeId },
      });
      let said = "";
      let isLate = false;
      const end = () => {
        isLate = true;
        killGroup(child);
      };
      const timer = setTimeout(end, this.#runMs);
      signal.addEventListener("abort", end, { once: true });
      const settle = (answer: Answer) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        child.stderr?.destroy();
        resolve(answer);
      };
      child.once("error", ({ code }: NodeJS.ErrnoException) => {
        const detail = `it cannot be started (${code})`;
        const isWrong = code === "ENOENT" || code === "EACCES";
        settle(isWrong ? { kind: "broken", detail } : { kind: "refused", retryAfterMs: null, detail });
      });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said = `${said}${text}`.slice(-mostKept);
      });
      // What it started may hold its stderr open.
      child.once("exit", (code, by) => {
        if (isLate) settle({ kind: "in_doubt", detail: `no end within ${this.#runMs / 1_000} s: killed` });
        else settle(answerOfExit(code, by, cutSecrets(lastLineOf(said), this.#secrets())));
      });
      // A program need not read it.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(body);
      if (signal.aborted) end();
    });
  }

  /** What the operator gave it by variable: a program may write it where it fails. */
  #secrets(): readonly string[] {
    const values = this.#given.map((name) => process.env[name] ?? "");
    return values.filter((value) => value.length >= leastSecret);
  }

  #environment(): NodeJS.ProcessEnv {
    return Object.fromEntries(Object.entries(process.env).filter(([name]) => this.#isPassedOn(name)));
  }
}

function lastLineOf(said: string): string {
  return said.trim().split("\n").at(-1) ?? "";
}

/** `words`: what it said last. */
function answerOfExit(code: number | null, by: string | null, words: string): Answer {
  if (code === 0) return { kind: "delivered", remoteId: null, status: "exit code 0" };
  const end = code === null ? `killed by ${by}` : `exit code ${code}`;
  const what = code === againCode ? `${end} (again later)` : end;
  return { kind: "refused", retryAfterMs: null, detail: words === "" ? what : `${what}: ${words}` };
}

/** Names of variables are the same in either case on Windows. */
function comparable(variable: string): string {
  return isWindows ? variable.toUpperCase() : variable;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
