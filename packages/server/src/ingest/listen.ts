import type { ListenOptions, Server } from "node:net";

/** What is to be listened on: a path, or a descriptor that was handed down. */
export type ListenTarget = Pick<ListenOptions, "path" | "backlog"> & { readonly fd?: number };

/**
 * Resolves when the server listens. The mask holds for the making of the socket's file and for
 * nothing else, as Node makes it within the call; what another thread makes in that instant gets
 * fewer rights, never more.
 */
export function listen(server: Server, target: ListenTarget, mask?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      reject(error);
    };
    server.once("listening", onListening);
    server.once("error", onError);
    const before = mask === undefined ? undefined : process.umask(mask);
    try {
      server.listen(target);
    } finally {
      if (before !== undefined) process.umask(before);
    }
  });
}
