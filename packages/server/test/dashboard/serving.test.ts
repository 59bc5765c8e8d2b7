import { connect } from "node:net";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Reply } from "../http/ask.js";
import { rawReply } from "../http/raw-reply.js";
import { Served } from "../http/served.js";
import { BuiltPage, script, shell } from "./built-page.js";

const everywhere = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};
const shellPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const otherPolicy = "default-src 'none'; frame-ancestors 'none'";
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/** Sends bytes as they stand, and returns the status and the headers of the answer. */
async function replyTo(
  served: Served,
  text: string,
): Promise<{ status: number; headers: Record<string, string> }> {
  const socket = connect(served.server.address.port, "127.0.0.1");
  socket.end(text);
  let answer = "";
  for await (const chunk of socket.setEncoding("latin1")) answer += chunk;
  const [head = ""] = answer.split("\r\n\r\n", 1);
  const [first = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line) => line.split(/:\s*(.*)/s, 2) as [string, string]);
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  };
}

async function serve(page: BuiltPage, options: Parameters<typeof Served.start>[0] = {}): Promise<Served> {
  return await Served.start({ page: await page.read(), ...options });
}

test("the page and its files answer without a token, and nothing else does [page/R20]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page, { token: "s3cret" });
  const root = await served.ask("/");
  expect([root.status, root.text]).toEqual([200, shell]);
  expect(root.headers["content-type"]).toBe("text/html; charset=utf-8");
  const asset = await served.ask("/assets/page-AB12CD34.js");
  expect([asset.status, asset.text]).toEqual([200, script]);
  expect(asset.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  const paths = Object.keys(served.contract.document.paths).filter(
    (path) => path !== "/healthz" && path !== "/api/v1/session",
  );
  expect(paths.length).toBeGreaterThan(8);
  for (const path of [...paths, "/index.html", "/asset", "/assets", "/nothing"]) {
    expect((await served.ask(path.replace("{channel}", "a"))).status, path).toBe(401);
  }
});

test("the page holds no data: no byte of what bots say is in it [page/R20]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  const marker = "MARKER";
  const bot = { version: marker, statusCause: marker, trouble: marker, features: { [marker]: true } };
  served.fleet.add(marker, { ...bot, featuresJson: JSON.stringify(bot.features) });
  expect((await served.ask("/api/v1/bots")).text).toContain(marker);
  for (const path of ["/", `/?q=${marker}`, "/assets/page-AB12CD34.js", "/assets/THIRD-PARTY.txt"]) {
    const { status, text, headers } = await served.ask(path);
    expect(status, path).toBe(200);
    expect(text, path).not.toContain(marker);
    expect(JSON.stringify(headers), path).not.toContain(marker);
  }
  const missing = await served.ask(`/assets/${marker}.js`);
  expect(missing.status).toBe(404);
  expect(missing.text).not.toContain(marker);
});

test("a name that leaves the folder, in whatever spelling, is no file of the page [page/R20]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  for (const name of [
    "../package.json",
    "..%2fpackage.json",
    "%2e%2e%2fpackage.json",
    "index.html",
    ".",
    "..",
    "%00",
    "__proto__",
    "page-AB12CD34.js%00",
    "page-AB12CD34.js/",
  ]) {
    const { status } = await served.ask(`/assets/${name}`);
    expect([400, 404], name).toContain(status);
  }
});

test("every route and every error has the headers, and only the page may run its script [page/R21]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page, {
    token: "s3cret",
    metrics: {
      contentType: "text/plain",
      chunks: () => Promise.reject(new Error("no metrics")),
      giveBack: () => undefined,
    },
    maxStreams: 0,
  });
  const headers = { authorization: "Bearer s3cret" };
  const seen = new Set<number>();
  const held = (
    { status, headers: got }: Pick<Reply, "status" | "headers">,
    what: string,
    policy = otherPolicy,
  ) => {
    seen.add(status);
    expect(got, what).toMatchObject({ ...everywhere, "content-security-policy": policy });
  };
  const paths = Object.keys(served.contract.document.paths).map((path) => path.replace("{channel}", "a"));
  for (const path of [...paths, "/assets/page-AB12CD34.js", "/assets/nothing", "/nothing", "/%ff", "/?%ff"]) {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS", "PROPFIND"]) {
      held(await served.ask(path, { method, headers }), `${method} ${path}`);
      held(await served.ask(path, { method }), `${method} ${path} without token`);
    }
    for (const more of [{ host: "evil.example" }, { origin: "http://evil.example" }]) {
      if (path.startsWith("/assets/page") && "origin" in more) continue;
      held(await served.ask(path, { headers: { ...headers, ...more } }), `${path} of a stranger`);
    }
  }
  for (const method of ["GET", "HEAD"]) {
    const root = await served.ask("/", { method });
    held(root, `${method} /`, shellPolicy);
    const again = await served.ask("/", { method, headers: { "if-none-match": `${root.headers["etag"]}` } });
    held(again, `${method} / again`, shellPolicy);
  }
  held(await served.ask("/", { method: "POST" }), "POST /");
  for (const text of [
    "nonsense\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\nConnection: close\r\n\r\n",
  ]) {
    held(await replyTo(served, text), text.slice(0, 80));
  }
  expect([...seen].sort()).toEqual([200, 304, 400, 401, 403, 404, 405, 431, 500, 503]);
});

test("nothing but files of the page may be kept, and a page is asked for anew [page/R21]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  const cacheOf = async (path: string) => (await served.ask(path)).headers["cache-control"];
  expect(await cacheOf("/")).toBe("no-cache");
  expect(await cacheOf("/assets/page-AB12CD34.js")).toBe("public, max-age=31536000, immutable");
  expect(await cacheOf("/assets/icon-IJ90KL12.svg")).toBe("public, max-age=31536000, immutable");
  expect(await cacheOf("/assets/THIRD-PARTY.txt")).toBe("no-cache");
  for (const path of ["/api/v1/bots", "/healthz", "/nothing", "/assets/nothing-AB12CD34.js"]) {
    expect(await cacheOf(path), path).toBe("no-store");
  }
});

test("a file that a reader has already is answered by 304, by the tag of its encoding [page/R21]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  for (const path of ["/", "/assets/page-AB12CD34.js"]) {
    const gzip = { "accept-encoding": "gzip" };
    const { etag: plain = "" } = (await served.ask(path)).headers as Record<string, string>;
    const { etag: gzipped = "" } = (await served.ask("/assets/page-AB12CD34.js", { headers: gzip }))
      .headers as Record<string, string>;
    const status = async (headers: Record<string, string>) => (await served.ask(path, { headers })).status;
    for (const known of [plain, `W/${plain}`, `"other", ${plain}`, "*", ` ${plain} `]) {
      const reply = await served.ask(path, { headers: { "if-none-match": known } });
      expect([reply.status, reply.text, reply.headers["etag"]], known).toEqual([304, "", plain]);
      expect(reply.headers).not.toHaveProperty("content-type");
    }
    for (const known of ['"other"', "", plain.slice(1, -1), gzipped]) {
      expect(await status({ "if-none-match": known }), known).toBe(200);
    }
  }
  const both = { "accept-encoding": "gzip", "if-none-match": "" };
  const { headers } = await served.ask("/assets/page-AB12CD34.js", { headers: both });
  const again = { ...both, "if-none-match": `${headers["etag"]}` };
  expect((await served.ask("/assets/page-AB12CD34.js", { headers: again })).status).toBe(304);
});

test("a file is sent compressed to a reader that takes it so, and never to another [page/R21] [page/R24]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  const path = "/assets/page-AB12CD34.js";
  const ask = async (encoding?: string, method = "GET") => {
    const response = await rawReply(`${served.url}${path}`, encoding, method);
    expect(response.headers["vary"]).toBe("Accept-Encoding");
    return response;
  };
  for (const encoding of ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "br, gzip; q=1.0, *;q=0"]) {
    const { headers, bytes } = await ask(encoding);
    expect(headers["content-encoding"], encoding).toBe("gzip");
    expect(headers["content-length"]).toBe(`${bytes.length}`);
    expect(gunzipSync(bytes).toString()).toBe(script);
  }
  for (const encoding of [
    undefined,
    "",
    "identity",
    "br",
    "gzip;q=0",
    "gzip;q=0.0, *",
    "identity, gzip;q=0.5",
    "*;q=0",
  ]) {
    const { headers, bytes } = await ask(encoding);
    expect(headers, encoding).not.toHaveProperty("content-encoding");
    expect(bytes.toString()).toBe(script);
  }
  const head = await ask("gzip", "HEAD");
  expect(head.bytes.length).toBe(0);
  expect(head.headers).toMatchObject({ "content-encoding": "gzip", etag: expect.stringMatching(/-gzip"$/) });
  expect(Number(head.headers["content-length"])).toBeGreaterThan(0);
  expect(
    (await served.ask("/assets/icon-IJ90KL12.svg", { headers: { "accept-encoding": "gzip" } })).text,
  ).toBe("<svg/>");
});

test("the page's own script may come from any Origin, but from an allowed Host alone [page/R20]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  for (const path of ["/", "/assets/page-AB12CD34.js"]) {
    expect((await served.ask(path, { headers: { origin: "https://monitor.example" } })).status, path).toBe(
      200,
    );
    expect((await served.ask(path, { headers: { host: "evil.example" } })).status, path).toBe(403);
  }
  expect((await served.ask("/api/v1/bots", { headers: { origin: "https://monitor.example" } })).status).toBe(
    403,
  );
});

test("a person whose Host is refused reads what to set, and a program its code [page/R20]", async () => {
  using page = new BuiltPage();
  await using served = await serve(page);
  for (const path of ["/", "/api/v1/bots", "/nothing"]) {
    const person = await served.ask(path, { headers: { host: "evil.example", accept: browser } });
    expect(person.status).toBe(403);
    expect(person.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(person.text).toContain("--http-allowed-host NAME");
    expect(person.text).not.toContain("{");
    for (const accept of [
      "*/*",
      "application/json",
      "application/json, text/html;q=0.5",
      "text/html;q=0",
      "",
    ]) {
      const program = await served.ask(path, { headers: { host: "evil.example", accept } });
      expect(program.body, accept).toMatchObject({ error: { code: "forbidden_host" } });
    }
  }
});

test("without a built page / says how to build it, and everything else works [page/R29]", async () => {
  await using served = await Served.start();
  const person = await served.ask("/", { headers: { accept: browser } });
  expect(person.status).toBe(404);
  expect(person.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(person.text).toContain("pnpm build");
  const program = await served.ask("/");
  expect(program.status).toBe(404);
  expect(program.body).toMatchObject({
    error: { code: "not_found", message: expect.stringContaining("pnpm build") },
  });
  expect((await served.ask("/assets/page-AB12CD34.js")).status).toBe(404);
  for (const path of ["/healthz", "/metrics", "/api/v1/bots", "/api/v1/summary", "/api/v1/openapi.json"]) {
    expect((await served.ask(path)).status, path).toBe(200);
  }
});
