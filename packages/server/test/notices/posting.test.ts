import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/alerts/receiver-door.js";
import type { ReceiverTarget } from "../../src/config/alert-settings.js";
import { Secret } from "../../src/config/secret.js";
import { createReceivers } from "../../src/notices/create-receivers.js";
import { httpPost, type PostOutcome } from "../../src/notices/http-post.js";
import type { Receiver } from "../../src/notices/receiver.js";
import { certificate, HookServer, says } from "./hook-server.js";
import { item, notice, receiver } from "./sample.js";

const never = new AbortController().signal;
const planted = "pLanted-s3cret-token";

async function doorTo(url: string, change: Partial<ReceiverTarget> = {}): Promise<Receiver> {
  const target = { kind: "webhook", url: Secret.ofValue(url), secret: null, ca: null, ...change };
  const [door] = await createReceivers({ receivers: [receiver(target as ReceiverTarget)] });
  return door as Receiver;
}

async function sentTo(url: string, change: Partial<ReceiverTarget> = {}): Promise<Answer> {
  const door = await doorTo(url, change);
  return door.send(door.render(notice([item()])), never);
}

/** With a deadline of the test's own. */
function posted(url: string, deadlineMs = 500, ca: string | null = null): Promise<PostOutcome> {
  const post = { secrets: [Secret.ofValue(url)], ca };
  return httpPost(
    { ...post, request: ([address = ""]) => ({ url: address, body: "{}" }) },
    never,
    deadlineMs,
  );
}

describe("an answer", () => {
  test.each([200, 201, 204])("of %i means delivered", async (status) => {
    await using server = await HookServer.start(says(status));
    expect(await sentTo(server.url())).toEqual({ kind: "delivered", remoteId: null, status: `${status}` });
    expect(server.requests).toHaveLength(1);
  });

  test.each([401, 403, 404, 410])(
    "of %i means that address or secret is wrong [alerts/A12]",
    async (status) => {
      await using server = await HookServer.start(says(status, "no such hook"));
      const answer = await sentTo(server.url());
      expect(answer).toMatchObject({
        kind: "broken",
        detail: expect.stringContaining(`127.0.0.1: ${status} `),
      });
      expect(answer).toMatchObject({ detail: expect.stringContaining(": no such hook") });
    },
  );

  test.each([400, 413, 422])("of %i means that it cannot read the notice", async (status) => {
    await using server = await HookServer.start(says(status, '{"embeds":["0"]}'));
    expect(await sentTo(server.url())).toMatchObject({ kind: "unfit" });
  });

  test("of 500 leaves it in doubt, and the next attempt brings the same bytes under the same id [alerts/A6]", async () => {
    await using server = await HookServer.start([says(500), says(200)]);
    const door = await doorTo(server.url(), { secret: Secret.ofValue("whsec_c2VjcmV0LWtleQ==") });
    const rendered = door.render(notice([item()]));
    expect((await door.send(rendered, never)).kind).toBe("in_doubt");
    expect((await door.send(rendered, never)).kind).toBe("delivered");
    const [first, second] = server.requests;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe("n-1");
    for (const { headers, body } of server.requests) {
      const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signature } = headers;
      const signed = createHmac("sha256", "secret-key").update(`${id}.${seconds}.${body}`).digest("base64");
      expect(signature).toBe(`v1,${signed}`);
      expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
    }
  });

  test.each<[string, Readonly<Record<string, string>>, string, number]>([
    ["seconds", { "retry-after": "2" }, "", 2_000],
    ["a fraction of a second", { "retry-after": "0.376" }, "", 376],
    [
      "a date",
      { "retry-after": "Thu, 26 Nov 2026 12:00:30 GMT", date: "Thu, 26 Nov 2026 12:00:00 GMT" },
      "",
      30_000,
    ],
    ["the body alone", {}, '{"message":"slow down","retry_after":1.25}', 1_250],
    ["Telegram's body", {}, '{"ok":false,"parameters":{"retry_after":7}}', 7_000],
    ["header and body, of which the longer counts", { "retry-after": "1" }, '{"retry_after":1.5}', 1_500],
    ["a day, which is an hour at most", { "retry-after": "86400" }, "", 3_600_000],
  ])(
    "of 429 with %s is no refusal for ever, and nothing is sent before that time [alerts/A8]",
    async (_, headers, body, waitMs) => {
      await using server = await HookServer.start([says(429, body, headers), says(204)]);
      const door = await doorTo(server.url());
      const rendered = door.render(notice([item()]));
      expect(await door.send(rendered, never)).toMatchObject({ kind: "refused", retryAfterMs: waitMs });
      // Whoever asks too early gets the same answer, without a request.
      const early = await door.send(rendered, never);
      expect(early).toMatchObject({ kind: "refused", detail: "its rate limit is used up: nothing was sent" });
      expect(server.requests).toHaveLength(1);
      if (waitMs > 1_500) return;
      await until(
        "the receiver to be asked again",
        async () => (await door.send(rendered, never)).kind === "delivered",
      );
      const [first, second] = server.requests;
      expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(waitMs);
    },
  );

  test("of 429 without a time is refused, and the next attempt is free", async () => {
    await using server = await HookServer.start([says(429, "x", { "retry-after": "soon" }), says(200)]);
    const door = await doorTo(server.url());
    const rendered = door.render(notice([item()]));
    expect(await door.send(rendered, never)).toMatchObject({ kind: "refused", retryAfterMs: null });
    expect((await door.send(rendered, never)).kind).toBe("delivered");
  });

  test("that says the rate limit is used up stops the next request until it is not [alerts/A8]", async () => {
    const used = { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "0.4" };
    await using server = await HookServer.start([says(204, "", used), says(204)]);
    const door = await doorTo(server.url());
    const rendered = door.render(notice([item()]));
    expect((await door.send(rendered, never)).kind).toBe("delivered");
    const early = await door.send(rendered, never);
    expect(early).toMatchObject({ kind: "refused" });
    expect(early.kind === "refused" ? early.retryAfterMs : 0).toBeLessThanOrEqual(400);
    expect(server.requests).toHaveLength(1);
  });

  test("that leads elsewhere is not followed, and is a refusal that says so [alerts/A11]", async () => {
    await using other = await HookServer.start(says(200));
    for (const status of [301, 302, 307, 308]) {
      await using server = await HookServer.start(says(status, "", { location: other.url() }));
      expect(await sentTo(server.url())).toMatchObject({
        kind: "refused",
        detail: expect.stringContaining("redirects are not followed"),
      });
      expect(server.requests).toHaveLength(1);
    }
    expect(other.requests).toHaveLength(0);
  });

  test("of 64 MiB is read to 64 KiB [alerts/A11]", async () => {
    let written = 0;
    const piece = Buffer.alloc(65_536, "x");
    await using server = await HookServer.start((response) => {
      response.writeHead(200);
      const more = () => {
        while (written < 67_108_864) {
          written += piece.length;
          if (!response.write(piece)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const outcome = await posted(server.url(), 10_000);
    expect(outcome).toMatchObject({ kind: "answered", status: 200 });
    expect(outcome.kind === "answered" ? outcome.body.length : 0).toBe(65_536);
    expect(written).toBeLessThan(33_554_432);
  });

  test("that never comes leaves it in doubt at the deadline", async () => {
    await using server = await HookServer.start(() => undefined);
    const startedMs = performance.now();
    expect(await posted(server.url())).toEqual({
      kind: "in_doubt",
      detail: "127.0.0.1: no answer within 0.5 s",
    });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test("counts by its status where the rest hangs, or comes by the byte", async () => {
    await using hanging = await HookServer.start((response) => void response.writeHead(200).write("{"));
    expect(await posted(hanging.url())).toMatchObject({ kind: "answered", status: 200 });
    await using dripping = await HookServer.start((response) => {
      response.writeHead(404);
      const timer = setInterval(() => response.write("x"), 100);
      response.on("close", () => clearInterval(timer));
    });
    const startedMs = performance.now();
    expect(await posted(dripping.url())).toMatchObject({ kind: "answered", status: 404 });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test("is in doubt where the connection is reset after the request", async () => {
    await using server = await HookServer.start((response) => void response.socket?.resetAndDestroy());
    expect(await posted(server.url(), 5_000)).toEqual({
      kind: "in_doubt",
      detail: "127.0.0.1: the connection was reset",
    });
  });

  test("names the message that Discord made of it, which it waits for", async () => {
    await using server = await HookServer.start(says(200, '{"id":"1234567890123456789"}'));
    const answer = await sentTo(server.url("/api/webhooks/1/x?thread_id=5"), { kind: "discord" });
    expect(answer).toEqual({ kind: "delivered", remoteId: "1234567890123456789", status: "200" });
    expect(server.requests[0]?.path).toBe("/api/webhooks/1/x?thread_id=5&wait=true");
  });
});

describe("nothing is sent, and it is a refusal that says why,", () => {
  test.each([
    ["self-signed", null, "TLS: its certificate is self-signed"],
    ["good", null, "TLS: its certificate is from an authority that is not trusted"],
    ["expired", certificate("authority"), "TLS: its certificate has expired"],
    ["other", certificate("authority"), "TLS: its certificate is for another name"],
  ] as const)("to a server whose certificate is %s [alerts/A11]", async (tls, ca, why) => {
    await using server = await HookServer.start(says(200), tls);
    expect(await sentTo(server.url(), { ca })).toEqual({
      kind: "refused",
      retryAfterMs: null,
      detail: `127.0.0.1: ${why}`,
    });
    expect(server.requests).toHaveLength(0);
  });

  test("where nobody listens, where there is no such host, and where the secret's file is gone", async () => {
    const refused = (detail: unknown) => ({ kind: "refused", retryAfterMs: null, detail });
    const closed = await HookServer.start(says(200));
    const url = closed.url();
    await closed[Symbol.asyncDispose]();
    expect(await sentTo(url)).toEqual(refused("127.0.0.1: nobody listens there"));
    expect(await sentTo("https://no-such-host.invalid/x")).toEqual(
      refused(
        expect.stringMatching(
          /^no-such-host\.invalid: (there is no such host|the host's name could not be looked up)$/,
        ),
      ),
    );
    expect(await sentTo("", { url: Secret.ofFile("/nowhere/url") })).toEqual(
      refused("the secret's file cannot be read (ENOENT)"),
    );
    expect(await sentTo("", { url: Secret.absent('the variable "A" is not set') })).toEqual(
      refused('the variable "A" is not set'),
    );
    expect(await sentTo(url, { ca: "/nowhere/ca.pem" })).toEqual(
      refused("the file of certificates cannot be read (ENOENT)"),
    );
  });

  test("where the connection is taken, but TLS never begins", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    expect(await posted(`https://127.0.0.1:${port}/`)).toEqual({
      kind: "unsent",
      detail: "127.0.0.1: no connection within 0.5 s",
    });
    silent.close();
  });

  test("where the sender was told to stop before", async () => {
    await using server = await HookServer.start(says(200));
    const door = await doorTo(server.url());
    const answer = await door.send(door.render(notice([item()])), AbortSignal.abort());
    expect(answer.kind).toBe("refused");
    expect(server.requests).toHaveLength(0);
  });
});

test("an authority of the config is trusted beside the known ones", async () => {
  await using server = await HookServer.start(says(200), "good");
  expect((await sentTo(server.url(), { ca: certificate("authority") })).kind).toBe("delivered");
});

test("a stop while an answer is awaited leaves it in doubt, at once", async () => {
  await using server = await HookServer.start(() => undefined);
  const door = await doorTo(server.url());
  const stop = new AbortController();
  const sending = door.send(door.render(notice([item()])), stop.signal);
  await until("the request to arrive", () => server.requests.length > 0);
  stop.abort();
  expect((await sending).kind).toBe("in_doubt");
});

test("what a receiver answers is kept at 200 characters, on one line, without the secret [alerts/A27]", async () => {
  const path = `/api/webhooks/1/${planted}`;
  await using server = await HookServer.start((response) => {
    response
      .writeHead(403)
      .end(`${server.url(path)} \u0007 ${planted}\n${encodeURIComponent(planted)}${"x".repeat(500)}`);
  });
  for (const kind of ["discord", "slack", "webhook"] as const) {
    const answer = await sentTo(server.url(path), { kind });
    expect(answer.kind).toBe("broken");
    const { detail = "" } = answer as { detail?: string };
    expect(detail).not.toContain(planted);
    expect(detail).toContain("***");
    expect(detail).not.toMatch(/\p{Cc}/u);
    expect(detail.length).toBeLessThan(260);
  }
});

test("an id that a receiver makes of its address is kept without the secret [alerts/A27]", async () => {
  const path = `/api/webhooks/1/${planted}`;
  await using server = await HookServer.start(says(200, JSON.stringify({ id: `message of ${path}` })));
  const answer = await sentTo(server.url(path), { kind: "discord" });
  expect(answer).toMatchObject({
    kind: "delivered",
    remoteId: expect.stringMatching(/^message of .*\*\*\*$/),
  });
  expect(JSON.stringify(answer)).not.toContain(planted);
});

test("a URL that is read anew from its file needs no restart", async () => {
  await using first = await HookServer.start(says(404));
  await using second = await HookServer.start(says(204));
  const { TemporaryFolder } = await import("@kissbot/testkit");
  const { writeFileSync } = await import("node:fs");
  using place = new TemporaryFolder("notices");
  const path = place.file("url");
  writeFileSync(path, first.url());
  const door = await doorTo("", { url: Secret.ofFile(path) });
  const rendered = door.render(notice([item()]));
  expect((await door.send(rendered, never)).kind).toBe("broken");
  writeFileSync(path, `${second.url()}\n`);
  expect((await door.send(rendered, never)).kind).toBe("delivered");
});
