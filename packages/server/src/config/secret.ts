import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { inspect } from "node:util";

const mask = "***";
const mostBytes = 65_536;

/** Why a secret cannot be had: a sentence without the secret. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

/**
 * A text that prints as `***`, whichever way it is printed. `reveal()` alone gives it; a secret
 * that stands in a file is read anew each time, so that a new one needs no restart.
 */
export class Secret {
  readonly #reveal: () => Promise<string>;
  /** What it is made of: two of the same are the same secret. */
  readonly #origin: readonly string[];

  private constructor(reveal: () => Promise<string>, origin: readonly string[]) {
    this.#reveal = reveal;
    this.#origin = origin;
  }

  static ofValue(text: string): Secret {
    return new Secret(async () => text, ["value", text]);
  }

  /** One that is not there, which `reveal()` says. */
  static absent(why: string): Secret {
    return new Secret(async () => {
      throw new SecretError(why);
    }, ["absent", why]);
  }

  /**
   * The text of a file without the newline at its end. `seen`: what it held when it was looked at.
   */
  static ofFile(path: string, seen = ""): Secret {
    return new Secret(() => textOf(path), ["file", path, seen]);
  }

  /**
   * What a part of this secret says, such as the token within a URL. `part` may throw a
   * SecretError.
   */
  derived(part: (text: string) => string): Secret {
    return new Secret(async () => part(await this.#reveal()), [...this.#origin, "part"]);
  }

  /**
   * Whether it is the same text, or the same file, which held the same when it was looked at. Of
   * parts of one secret it cannot tell which part they are.
   */
  isSameAs(other: Secret): boolean {
    const [own, others] = [this.#origin, other.#origin];
    return own.length === others.length && own.every((part, i) => part === others[i]);
  }

  /** Rejects with a SecretError where the file cannot be read. */
  reveal(): Promise<string> {
    return this.#reveal();
  }

  /** Adds what it is made of to a hash, of which no more than a byte may be kept. */
  addTo(hash: { update(text: string): unknown }): void {
    for (const part of this.#origin) hash.update(`${part}\0`);
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [inspect.custom](): string {
    return mask;
  }
}

async function textOf(path: string): Promise<string> {
  let file: FileHandle | undefined;
  let text: string;
  try {
    // Without waiting for the writer of a pipe.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { bytesRead, buffer } = await file.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
    if (bytesRead > mostBytes) throw new SecretError(`the secret's file has more than ${mostBytes} bytes`);
    text = buffer.toString("utf8", 0, bytesRead).replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof SecretError) throw error;
    throw new SecretError(`the secret's file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  } finally {
    await file?.close();
  }
  if (text === "") throw new SecretError("the secret's file is empty");
  return text;
}
