// The links of a page that is packed into a tarball: a reader of it has the tarball and the
// repository's address, no more.
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { root } from "./pnpm.mjs";

/**
 * The links of a page that lead nowhere. `page` and `files` are paths within the tarball. A
 * relative link has to be among the files; one to the repository has to be a file or folder of this
 * tree; others are not judged.
 */
export function deadLinksIn(markdown, page, files, manifest) {
  const repository = manifest.repository.url.replace(/^git\+|\.git$/g, "");
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  const html = [...prose.matchAll(/\b(?:href|src)="([^"]+)"/g)];
  const links = [...inline, ...referenced, ...html].map(([, link]) => link);
  return links.filter((link) => {
    const [target = ""] = link.split("#");
    if (target === "") return false; // within the page
    if (target === repository || target.startsWith(`${repository}/`)) {
      const [, path] = /^\/(?:blob|tree|raw)\/main\/(.*)$/.exec(target.slice(repository.length)) ?? [];
      return path !== undefined && !existsSync(join(root, decodeURI(path)));
    }
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return false;
    const path = posix.join(posix.dirname(page), decodeURI(target)).replace(/\/$/, "");
    return !files.some((file) => file === path || file.startsWith(`${path}/`));
  });
}
