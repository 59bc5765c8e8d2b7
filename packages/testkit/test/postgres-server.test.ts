import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { PostgresServer, postgresVersions } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";

describe.each(postgresVersions)("the %s PostgreSQL", (version) => {
  const missing = PostgresServer.missing(version);

  test.skipIf(missing !== null)(
    "starts, goes on after each of its processes was killed, and leaves nothing",
    async () => {
      let folder = "";
      {
        await using server = await PostgresServer.start({ version });
        folder = server.folder;
        for (let i = 0; i < 3; i++) {
          // Read on: a socket with unread words of the server's is not told closed.
          const socket = connect(server.port, "127.0.0.1")
            .on("error", () => undefined)
            .resume();
          await once(socket, "connect");
          const cut = new Promise((resolve) => socket.once("close", resolve));
          const { pid } = server;
          await server.kill();
          await cut;
          expect(server.pid).toBe(-1);
          await server.resume();
          expect(server.pid).not.toBe(pid);
        }
        await server.stop();
        expect(server.log).toContain("database system was not properly shut down");
      }
      expect(existsSync(folder)).toBe(false);
    },
  );
});
