import { describe, expect, test } from "vitest";
import type { Question, Reply } from "./ask.js";
import { Served } from "./served.js";

const writing = { authorization: "Bearer wr1te" };
const origin = "http://localhost:7788";

class Asked {
  readonly calls: (readonly [string | number, string])[] = [];
  readonly forgets = {
    one: async (channel: string, by: string) => {
      this.calls.push([channel, by]);
      if (channel === "nobody") return null;
      if (channel === "online") return this.served?.fleet.add("online", { pid: 4711 }) ?? null;
      return { channels: [channel], stored: channel !== "unstored" };
    },
    ended: async (forMs: number, by: string) => {
      this.calls.push([forMs, by]);
      return { channels: ["a", "b"], stored: true };
    },
  };
  served: Served | null = null;

  async start(tokens: { token?: string; writeToken?: string } = { writeToken: "wr1te" }): Promise<Served> {
    this.served = await Served.start({ ...tokens, forgets: this.forgets });
    return this.served;
  }
}

const post = (served: Served, path: string, body?: unknown, more: Question = {}): Promise<Reply> =>
  served
    .ask(path, {
      method: "POST",
      headers: {
        ...writing,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...more.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    .then((reply) => {
      served.contract.hold(path, reply, "post");
      return reply;
    });

describe("forgetting over HTTP", () => {
  test("forgets one bot or all that have ended, and says by whom and whether it is stored [server/F14]", async () => {
    const asked = new Asked();
    await using served = await asked.start();
    const one = await post(served, "/api/v1/bots/twitch%2Fa/forget", { by: "ops" });
    expect([one.status, one.body]).toEqual([200, { forgotten: ["twitch/a"], stored: true }]);
    expect((await post(served, "/api/v1/bots/unstored/forget")).body).toMatchObject({ stored: false });
    expect((await post(served, "/api/v1/bots/a/forget", { by: null })).status).toBe(200);
    const all = await post(served, "/api/v1/forget", { ended_s: 2_592_000, by: " ops " });
    expect([all.status, all.body]).toEqual([200, { forgotten: ["a", "b"], stored: true }]);
    expect(asked.calls).toEqual([
      ["twitch/a", "ops"],
      ["unstored", "an operator"],
      ["a", "an operator"],
      [2_592_000_000, "ops"],
    ]);
  });

  test("a bot that is unknown or online is left, with the reason [server/F14]", async () => {
    const asked = new Asked();
    await using served = await asked.start();
    expect(await post(served, "/api/v1/bots/nobody/forget")).toMatchObject({
      status: 404,
      body: { error: { code: "not_found" } },
    });
    expect(await post(served, "/api/v1/bots/online/forget")).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", message: expect.stringContaining("is online (pid 4711)") } },
    });
  });

  test("what is not as expected changes nothing, and the answer names it [server/F14]", async () => {
    const asked = new Asked();
    await using served = await asked.start();
    const bad: readonly (readonly [path: string, body: unknown, message: RegExp])[] = [
      ["/api/v1/forget", undefined, /^ended_s: expected a number of seconds .*, got nothing$/],
      ["/api/v1/forget", {}, /^ended_s: expected/],
      ["/api/v1/forget", { ended_s: null }, /^ended_s: expected .* got null$/],
      ["/api/v1/forget", { ended_s: "30d" }, /^ended_s: expected .* got "30d"$/],
      ["/api/v1/forget", { ended_s: -1 }, /^ended_s: expected .* got -1$/],
      ["/api/v1/forget", { ended_s: 1, bye: "ops" }, /^there is no field "bye": there are ended_s, by$/],
      ["/api/v1/forget", '{"ended_s":1,"__proto__":{}}', /^there is no field "__proto__"/],
      ["/api/v1/bots/a/forget", { channel: "b" }, /^there is no field "channel"/],
      ["/api/v1/bots/a/forget", { by: "" }, /^by: expected a text of 1 to 64 characters on one line/],
      ["/api/v1/bots/a/forget", { by: "x".repeat(65) }, /^by: expected/],
      ["/api/v1/bots/a/forget", { by: "two\nlines" }, /^by: expected/],
      ["/api/v1/bots/a/forget", { by: 7 }, /^by: expected/],
      ["/api/v1/bots/a/forget", [], /^expected a JSON object/],
      ["/api/v1/bots/a/forget", '"by"', /^expected a JSON object/],
      ["/api/v1/bots/a/forget", "{", /^the body is not JSON$/],
      ["/api/v1/bots/a/forget", { by: "x".repeat(1_100) }, /^the body may have 1 024 bytes$/],
    ];
    for (const [path, body, message] of bad) {
      const { status, body: error } = await post(served, path, body);
      expect([status, error], JSON.stringify(body)?.slice(0, 60)).toEqual([
        400,
        { error: { code: "bad_request", message: expect.stringMatching(message) } },
      ]);
    }
    const form = await served.ask("/api/v1/forget", {
      method: "POST",
      headers: { ...writing, "content-type": "application/x-www-form-urlencoded" },
      body: "ended_s=1",
    });
    expect(form).toMatchObject({ status: 400, body: { error: { message: "expected application/json" } } });
    expect((await post(served, "/api/v1/forget?force=true", { ended_s: 1 })).body).toMatchObject({
      error: { code: "unknown_parameter" },
    });
    expect(asked.calls).toEqual([]);
  });

  test("over TCP nobody forgets a bot without the token for writing [alerts/A29]", async () => {
    const paths = ["/api/v1/bots/a/forget", "/api/v1/forget"];
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ ended_s: 1 });
    const statusOf = async (served: Served, path: string, headers: Record<string, string>) =>
      (await served.ask(path, { method: "POST", headers: { ...json, ...headers }, body })).status;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const asked = new Asked();
    {
      await using served = await asked.start({});
      for (const path of paths) {
        expect(await statusOf(served, path, {})).toBe(403);
        expect(await statusOf(served, path, { ...bearer("wr1te"), origin })).toBe(403);
      }
    }
    {
      await using served = await asked.start({ token: "s3cret" });
      for (const path of paths) {
        expect(await statusOf(served, path, {})).toBe(401);
        expect(await statusOf(served, path, bearer("s3cret"))).toBe(403);
      }
    }
    await using served = await asked.start({ token: "s3cret", writeToken: "wr1te" });
    const cookieOf = async (token: string) => {
      const question = { method: "POST", headers: { ...json, origin }, body: JSON.stringify({ token }) };
      const [cookie = ""] = `${(await served.ask("/api/v1/session", question)).headers["set-cookie"]}`.split(
        ";",
      );
      return { cookie };
    };
    const [reading, mayWrite] = [await cookieOf("s3cret"), await cookieOf("wr1te")];
    for (const path of paths) {
      expect(await statusOf(served, path, {})).toBe(401);
      expect(await statusOf(served, path, bearer("wrong"))).toBe(401);
      expect(await statusOf(served, path, bearer("s3cret"))).toBe(403);
      expect(await statusOf(served, path, { ...reading, origin })).toBe(403);
      expect(await statusOf(served, path, mayWrite)).toBe(403);
      expect(await statusOf(served, path, { ...mayWrite, origin: "https://evil.example" })).toBe(403);
      expect(asked.calls).toEqual([]);
    }
    expect(await statusOf(served, "/api/v1/forget", { ...mayWrite, origin })).toBe(200);
    expect(asked.calls).toEqual([[1_000, "an operator"]]);
  });

  test("a route that only takes POST says so to every other method", async () => {
    const asked = new Asked();
    await using served = await asked.start();
    for (const path of ["/api/v1/forget", "/api/v1/bots/a/forget"]) {
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const { status, headers } = await served.ask(path, { method, headers: writing });
        expect([status, headers["allow"]], `${method} ${path}`).toEqual([405, "POST"]);
      }
    }
    const { status, headers } = await served.ask("/api/v1/bots/a", { method: "DELETE", headers: writing });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });
});
