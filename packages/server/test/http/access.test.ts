import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { Served } from "./served.js";

const answered = async (served: Served, headers: Record<string, string>, path = "/api/v1/bots") => {
  const { status, body } = await served.ask(path, { headers });
  return status === 200 ? 200 : (body as { error: { code: string } }).error.code;
};

const lanAddress = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

/** Sends a head as it stands; no client would send such ones. */
async function statusLineOf(served: Served, lines: readonly string[]): Promise<string> {
  const socket = connect(served.server.address.port, "127.0.0.1");
  socket.end([...lines, "Connection: close", "", ""].join("\r\n"));
  let answer = "";
  for await (const chunk of socket.setEncoding("latin1")) answer += chunk;
  return answer.split("\r\n", 1)[0] as string;
}

describe("the Host header", () => {
  test("may be a name of loopback or an allowed one, with any port", async () => {
    await using served = await Served.start({ allowedHosts: ["monitor.example", "FE80::1"] });
    const good = [
      "localhost",
      "localhost:1",
      "LOCALHOST.:80",
      "127.0.0.1",
      "[::1]:7788",
      "[0:0:0:0:0:0:0:1]",
    ];
    for (const host of [...good, "monitor.example:443", "Monitor.Example.", "[fe80:0::1]"]) {
      expect(await answered(served, { host }), host).toBe(200);
    }
  });

  test("of any other name is refused, as a page may have pointed its own name at this machine", async () => {
    await using served = await Served.start();
    const bad = [
      "evil.example",
      "evil.example:7788",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "10.0.0.1",
    ];
    for (const host of [...bad, "[::2]", "monitor.example"]) {
      for (const path of ["/healthz", "/metrics", "/api/v1/bots", "/api/v1/stream", "/nothing"]) {
        expect(await answered(served, { host }, path), host + path).toBe("forbidden_host");
      }
    }
  });

  test("is needed, and must be one", async () => {
    await using served = await Served.start();
    for (const host of ["a@localhost", "localhost/x", "localhost:port", "[::1"]) {
      expect(await answered(served, { host }), host).toBe("bad_request");
    }
    const { status } = await served.ask("http://localhost/api/v1/bots");
    expect(status).toBe(400);
  });

  test("comes once: with several, nobody knows for whom the request is [server/F19]", async () => {
    await using served = await Served.start();
    const own = "Host: localhost";
    for (const hosts of [
      [own, "Host: evil.example"],
      [own, "hOST: localhost"],
      ["Host:", own],
    ]) {
      for (const path of ["/healthz", "/api/v1/stream", "/nothing"]) {
        const head = await statusLineOf(served, [`GET ${path} HTTP/1.1`, ...hosts]);
        expect(head, hosts.join()).toBe("HTTP/1.1 400 Bad Request");
      }
    }
    expect(await statusLineOf(served, ["GET /healthz HTTP/1.1", own])).toBe("HTTP/1.1 200 OK");
  });

  test.skipIf(lanAddress === undefined)(
    "may be the address that was dialled, where it is bound to all",
    async () => {
      await using served = await Served.start({ address: { host: "0.0.0.0", port: 0 }, token: "secret" });
      const authorization = "Bearer secret";
      expect(await answered(served, { host: "127.0.0.1", authorization })).toBe(200);
      expect(await answered(served, { host: lanAddress ?? "", authorization })).toBe("forbidden_host");
      expect(await answered(served, { host: "evil.example", authorization })).toBe("forbidden_host");
      const { port } = served.server.address;
      const response = await fetch(`http://${lanAddress}:${port}/api/v1/bots`, {
        headers: { authorization },
      });
      expect(response.status).toBe(200);
    },
  );
});

test("an Origin must be an allowed host as well", async () => {
  await using served = await Served.start({ allowedHosts: ["monitor.example"] });
  for (const origin of ["http://localhost:3000", "https://monitor.example", "http://[::1]:8080"]) {
    expect(await answered(served, { origin }), origin).toBe(200);
  }
  for (const origin of [
    "http://evil.example",
    "null",
    "",
    "http://localhost@evil.example",
    "file://",
    "http://10.0.0.1",
  ]) {
    expect(await answered(served, { origin }), origin).toBe("forbidden_origin");
  }
});

test("no page is let read an answer: there is no header of CORS", async () => {
  await using served = await Served.start();
  const { headers } = await served.ask("/api/v1/bots", { headers: { origin: "http://localhost:3000" } });
  expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  expect(headers).not.toHaveProperty("x-powered-by");
});

describe("a token", () => {
  test("is needed everywhere, and health shows its status only without", async () => {
    await using served = await Served.start({ token: "s3cret" });
    const { body } = await served.ask("/api/v1/openapi.json", {
      headers: { authorization: "Bearer s3cret" },
    });
    const paths = Object.keys((body as { paths: object }).paths);
    expect(paths.length).toBeGreaterThan(8);
    for (const path of [...paths, "/nothing"]) {
      if (path === "/healthz" || path === "/api/v1/session") continue;
      const { status, headers } = await served.ask(path.replace("{channel}", "a"));
      expect(status, path).toBe(401);
      expect(headers["www-authenticate"]).toBe('Bearer realm="kissbot-monitor"');
    }
    expect((await served.ask("/healthz")).body).toEqual({ status: "degraded" });
    const all = await served.ask("/healthz", { headers: { authorization: "Bearer s3cret" } });
    expect(all.body).toMatchObject({ status: "degraded", version: "1.0.0" });
  });

  test("must be the very one", async () => {
    await using served = await Served.start({ token: "s3cret" });
    const bad = [
      "Bearer s3creT",
      "Bearer s3cret2",
      "Bearer s3cre",
      "Bearer",
      "Bearer ",
      "s3cret",
      "Basic s3cret",
      "Bearer s3cret x",
    ];
    for (const authorization of bad) {
      expect(await answered(served, { authorization }), authorization).toBe("unauthorized");
    }
    for (const authorization of ["Bearer s3cret", "bearer  s3cret"]) {
      expect(await answered(served, { authorization })).toBe(200);
    }
  });

  test.each(["0.0.0.0", "::", ...(lanAddress === undefined ? [] : [lanAddress])])(
    "must be set to listen at %s, beyond loopback",
    async (host) => {
      const start = Served.start({ address: { host, port: 0 } });
      await expect(start).rejects.toMatchObject({
        name: "HttpError",
        code: "token_needed",
        message: expect.stringContaining("--http-token"),
      });
      await expect(Served.start({ address: { host, port: 0 }, token: "" })).rejects.toThrow("--http-token");
    },
  );
});

test("nothing but GET and HEAD is answered", async () => {
  await using served = await Served.start();
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    const { status, headers } = await served.ask("/api/v1/bots", {
      method,
      ...(method === "POST" ? { body: "{" } : {}),
    });
    expect(status, method).toBe(405);
    expect(headers["allow"]).toBe("GET, HEAD");
  }
});
