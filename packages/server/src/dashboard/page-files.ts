import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Logger } from "../logger.js";

/** A file as it is sent, in one encoding. */
export interface PageBody {
  readonly bytes: Buffer;
  /** A strong one, with its quotes: another for other bytes. */
  readonly etag: string;
}

/** A file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly plain: PageBody;
  /** Null where it would save nothing. */
  readonly gzipped: PageBody | null;
  /** Its name changes with its content, so it may be kept for ever. */
  readonly isImmutable: boolean;
}

export interface PageFilesOptions {
  /** Where the built page is: `index.html` and, beside it, what it loads. */
  readonly folder: string;
  readonly logger: Pick<Logger, "warn">;
}

const shellName = "index.html";
const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const hashedName = /-[A-Za-z0-9_]{8,}\.\w+$/;
const buildTag = /<meta name="kissbot-build" content="([\w.-]{1,64})"/;
const gzipAsync = promisify(gzip);

/**
 * The files of the page, read once and kept: whoever loaded the page of this monitor gets all of it
 * from this monitor, whatever an upgrade does to the folder meanwhile. They hold no data, so they
 * are for everybody who may ask at all.
 */
export class PageFiles {
  readonly #options: PageFilesOptions;
  readonly #assets = new Map<string, PageFile>();
  #shell: PageFile | null = null;
  #build: string | null = null;

  constructor(options: PageFilesOptions) {
    this.#options = options;
  }

  /**
   * Reads them. A folder that is absent or cannot be read leaves the monitor without a page, and
   * nothing else.
   */
  async start(): Promise<void> {
    const { folder, logger } = this.#options;
    try {
      const shell = await readFile(join(folder, shellName));
      const assets = await Promise.all((await namesIn(folder)).map((name) => assetOf(folder, name)));
      this.#assets.clear();
      for (const [name, file] of assets) this.#assets.set(name, file);
      this.#shell = await pageFileOf(shellName, shell);
      this.#build = buildOf(shell);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      logger.warn({ err: error, folder }, "the page cannot be read; everything else is served");
    }
  }

  /** What a browser loads first; null where the page is not built. */
  get shell(): PageFile | null {
    return this.#shell;
  }

  /** What the shell loads, by its name in the folder. */
  asset(name: string): PageFile | undefined {
    return this.#assets.get(name);
  }

  /**
   * The same for the same page: what its `kissbot-build` says, else a hash of the shell. Null where
   * there is none.
   */
  get build(): string | null {
    return this.#build;
  }
}

/** `dist/page`, from a module of `dist` as from its source. */
export function builtPageFolder(): string {
  const folder = dirname(fileURLToPath(import.meta.url));
  return basename(folder) === "dashboard" ? join(folder, "../../dist/page") : join(folder, "page");
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== shellName && extname(entry.name) in contentTypes)
    .map(({ name }) => name);
}

async function assetOf(folder: string, name: string): Promise<[string, PageFile]> {
  return [name, await pageFileOf(name, await readFile(join(folder, name)))];
}

async function pageFileOf(name: string, bytes: Buffer): Promise<PageFile> {
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  const packed = await gzipAsync(bytes, { level: 9 });
  return {
    contentType: contentTypes[extname(name)] ?? "application/octet-stream",
    plain: { bytes, etag: `"${hash}"` },
    gzipped: packed.length < bytes.length ? { bytes: packed, etag: `"${hash}-gzip"` } : null,
    isImmutable: hashedName.test(name),
  };
}

function buildOf(shell: Buffer): string {
  const [, told] = buildTag.exec(shell.toString()) ?? [];
  return told ?? createHash("sha256").update(shell).digest("hex").slice(0, 12);
}
