import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { quotedText } from "../quoted-text.js";

const mostBytes = 65_536;

interface SecretFile {
  readonly text: string;
  /** Why there is no secret. */
  readonly problem?: string;
  /** What makes it less of a secret. */
  readonly notice?: string;
}

/**
 * The secret in a file, without the newline at its end. Links are followed, as those of mounted
 * secrets are. A file that others may read, or write to, still counts, with a notice. The text is
 * never part of a problem or a notice.
 */
export function readSecretFile(path: string): SecretFile {
  const fail = (problem: string): SecretFile => ({ text: "", problem: `${problem}: ${quotedText(path)}` });
  let descriptor: number;
  try {
    // Without waiting for the writer of a pipe.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return fail(`cannot read the secret: ${reasonOf(error)}`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return fail("expected a file that holds the secret, this is none");
    if (stats.size > mostBytes) return fail(`expected a file of at most ${mostBytes} bytes`);
    const text = readFileSync(descriptor, "utf8").replace(/\r?\n$/, "");
    if (text === "") return fail("this file is empty");
    const rights = process.platform === "win32" ? 0 : stats.mode & 0o026;
    const notice =
      rights === 0
        ? {}
        : {
            notice: `${rights & 0o022 ? "others may write" : "every user of this machine may read"} ${quotedText(path)}: chmod 0600 it`,
          };
    return { text, ...notice };
  } catch (error) {
    return fail(`cannot read the secret: ${reasonOf(error)}`);
  } finally {
    closeSync(descriptor);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "this user may not read it",
    ENOTDIR: "a part of its path is no folder",
    ELOOP: "its links go in circles",
  };
  return reasons[code ?? ""] ?? message;
}
