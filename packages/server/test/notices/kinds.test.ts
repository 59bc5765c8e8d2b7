import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { describe, expect, test } from "vitest";
import type { Notice } from "../../src/alerts/notice.js";
import type { Answer } from "../../src/alerts/receiver-door.js";
import type { MailTarget, ReceiverTarget } from "../../src/config/alert-settings.js";
import { Secret } from "../../src/config/secret.js";
import { createReceivers } from "../../src/notices/create-receivers.js";
import type { Receiver } from "../../src/notices/receiver.js";
import { certificate, HookServer, says } from "./hook-server.js";
import { item, madeMs, notice, receiver } from "./sample.js";

const never = new AbortController().signal;
const planted = "pLanted-s3cret-token";
const secret = Secret.ofValue(planted);

async function doorTo(target: ReceiverTarget): Promise<Receiver> {
  const [door] = await createReceivers({ receivers: [receiver(target)] });
  return door as Receiver;
}

async function sent(target: ReceiverTarget, of: Notice = notice([item()])): Promise<Answer> {
  const door = await doorTo(target);
  return door.send(door.render(of), never);
}

describe("Telegram", () => {
  test("gets a message in its chat, and the token stands in nothing but the address [alerts/A27]", async () => {
    await using server = await HookServer.start(says(200, '{"ok":true,"result":{"message_id":77}}'));
    const target = {
      kind: "telegram",
      token: secret,
      chatId: "-100",
      apiUrl: server.url(""),
      ca: null,
    } as const;
    expect(await sent(target)).toEqual({ kind: "delivered", remoteId: "77", status: "200" });
    const [request] = server.requests;
    expect(request?.path).toBe(`/bot${planted}/sendMessage`);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      chat_id: "-100",
      text: expect.stringContaining("<b>DOWN</b> <code>twitch/summit1g</code> since 12:59:31 (3 min ago)"),
    });
    expect(request?.body).not.toContain(planted);
  });

  test("that says how long to wait is not asked before [alerts/A8]", async () => {
    const body = '{"ok":false,"error_code":429,"parameters":{"retry_after":9}}';
    await using server = await HookServer.start(says(429, body));
    const door = await doorTo({
      kind: "telegram",
      token: secret,
      chatId: "1",
      apiUrl: server.url(""),
      ca: null,
    });
    const rendered = door.render(notice([item()]));
    expect(await door.send(rendered, never)).toMatchObject({ kind: "refused", retryAfterMs: 9_000 });
    await door.send(rendered, never);
    expect(server.requests).toHaveLength(1);
  });
});

test("ntfy gets the topic in the body, and an id under which a second attempt replaces the first", async () => {
  await using server = await HookServer.start(says(200, '{"id":"hwQ2YpKdmg"}'));
  const target = {
    kind: "ntfy",
    url: Secret.ofValue(server.url("/sub/my-topic")),
    token: secret,
    ca: null,
  } as const;
  expect(await sent(target)).toEqual({ kind: "delivered", remoteId: "hwQ2YpKdmg", status: "200" });
  const [request] = server.requests;
  expect(request?.path).toBe("/sub/");
  expect(request?.headers.authorization).toBe(`Bearer ${planted}`);
  expect(JSON.parse(request?.body ?? "")).toMatchObject({
    topic: "my-topic",
    title: "DOWN twitch/summit1g",
    priority: 5,
    tags: ["rotating_light"],
    sequence_id: "n-1",
  });
});

describe("PagerDuty", () => {
  const to = (server: HookServer) =>
    ({ kind: "pagerduty", routingKey: secret, apiUrl: server.url(""), ca: null }) as const;

  test("gets an event for each alert, which its end resolves under the same key", async () => {
    await using server = await HookServer.start(says(202));
    const items = [
      item({ alertId: "a-1", runbook: "https://wiki.example/a" }),
      item({ alertId: "a-2", kind: "up", endedMs: madeMs }),
      item({ alertId: "a-3", kind: "info", endedMs: madeMs, severity: "warning" }),
    ];
    expect((await sent(to(server), notice(items))).kind).toBe("delivered");
    const events = server.requests.map(({ body }) => JSON.parse(body));
    expect(events.map(({ event_action, dedup_key }) => [event_action, dedup_key])).toEqual([
      ["trigger", "a-1"],
      ["resolve", "a-2"],
      ["resolve", "a-3"],
    ]);
    expect(server.requests[0]?.path).toBe("/v2/enqueue");
    expect(events[0]).toMatchObject({
      routing_key: planted,
      payload: {
        summary: "down twitch/summit1g: process 4711 is gone",
        severity: "critical",
        source: "bots-1",
      },
      links: [{ href: "https://wiki.example/a" }],
    });
  });

  test.each(["first", "all_well"] as const)(
    "is tried by a message (%s) that says no alert, which opens nothing",
    async (kind) => {
      await using server = await HookServer.start([says(403), says(202)]);
      const door = await doorTo(to(server));
      const rendered = door.render(notice([], { kind }));
      expect((await door.send(rendered, never)).kind).toBe("broken");
      expect((await door.send(rendered, never)).kind).toBe("delivered");
      for (const { body } of server.requests)
        expect(JSON.parse(body)).toMatchObject({ event_action: "resolve", dedup_key: rendered.noticeId });
    },
  );

  test("is told the rest where an attempt ended, and no event twice [alerts/A6]", async () => {
    await using server = await HookServer.start([
      says(202),
      says(429, "", { "retry-after": "1" }),
      says(202),
    ]);
    const door = await doorTo(to(server));
    const rendered = door.render(notice([1, 2, 3].map((i) => item({ alertId: `a-${i}` }))));
    expect(await door.send(rendered, never)).toMatchObject({ kind: "refused", retryAfterMs: 1_000 });
    expect((await door.send(rendered, never)).kind).toBe("delivered");
    const keys = server.requests.map(({ body }) => JSON.parse(body).dedup_key);
    expect(keys).toEqual(["a-1", "a-2", "a-2", "a-3"]);
  });

  test("is sent bare events under the same keys where it cannot read what stands in one [alerts/A28]", async () => {
    await using server = await HookServer.start([says(202), says(400, "bad link"), says(202)]);
    const door = await doorTo(to(server));
    const items = [1, 2].map((i) =>
      item({ alertId: `a-${i}`, runbook: "https://wiki.example/a", note: "n" }),
    );
    const rendered = door.render(notice([...items, item({ alertId: "a-3", kind: "up", endedMs: madeMs })]));
    expect((await door.send(rendered, never)).kind).toBe("unfit");
    const bare = { ...rendered, body: rendered.plain ?? "" };
    expect((await door.send(bare, never)).kind).toBe("delivered");
    const events = server.requests.map(({ body }) => JSON.parse(body));
    expect(events.map(({ dedup_key, links }) => [dedup_key, links?.length])).toEqual([
      ["a-1", 1],
      ["a-2", 1],
      ["a-2", undefined],
      ["a-3", undefined],
    ]);
    expect(events[2]).toEqual({
      routing_key: planted,
      dedup_key: "a-2",
      event_action: "trigger",
      payload: {
        summary: "down twitch/summit1g: process 4711 is gone",
        source: "bots-1",
        severity: "critical",
      },
    });
    expect(events[3]).toEqual({ routing_key: planted, dedup_key: "a-3", event_action: "resolve" });
  });

  test("has nothing left open by a test", async () => {
    await using server = await HookServer.start(says(202));
    await sent(to(server), notice([item()], { kind: "test" }));
    expect(server.requests.map(({ body }) => JSON.parse(body).event_action)).toEqual(["trigger", "resolve"]);
  });
});

interface Mailbox {
  readonly letters: string[];
  readonly target: MailTarget;
  [Symbol.asyncDispose](): Promise<void>;
}

async function mailbox(options: SMTPServerOptions = {}, change: Partial<MailTarget> = {}): Promise<Mailbox> {
  const letters: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    authOptional: true,
    logger: false,
    onData(stream, _session, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        letters.push(Buffer.concat(pieces).toString());
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  const target: MailTarget = {
    kind: "mail",
    host: "127.0.0.1",
    port,
    tls: "none",
    user: null,
    password: null,
    from: "monitor@example.org",
    to: ["ops@example.org"],
    ca: null,
    ...change,
  };
  return {
    letters,
    target,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

describe("a mail", () => {
  test("that the server takes for some says for whom it does not, and why", async () => {
    await using box = await mailbox(
      {
        onRcptTo: ({ address }, _session, done) => {
          const isRefused = address.startsWith("kim");
          done(isRefused ? Object.assign(new Error("greylisted"), { responseCode: 450 }) : null);
        },
      },
      { to: ["ops@example.org", "kim@example.org"] },
    );
    const answer = await sent(box.target);
    expect(answer.kind).toBe("delivered");
    expect((answer as { status: string }).status).toMatch(
      /^not taken for kim@example\.org \(450 greylisted\); 250 /,
    );
    expect(box.letters).toHaveLength(1);
  });

  test("comes once with an id that stays the same, in the thread of its alert, and no header is made of a name [alerts/A26]", async () => {
    await using box = await mailbox();
    const door = await doorTo(box.target);
    const rendered = door.render(
      notice([item({ subject: "x\r\nBcc: evil@example.org", cause: "a\r\n.\r\nRSET" })]),
    );
    for (const _ of [1, 2]) {
      expect(await door.send(rendered, never)).toMatchObject({
        kind: "delivered",
        remoteId: "<n-1@example.org>",
      });
    }
    expect(box.letters).toHaveLength(2);
    for (const letter of box.letters) {
      const [head = ""] = letter.split("\r\n\r\n");
      expect(head).toMatch(/^Message-ID: <n-1@example\.org>$/im);
      expect(head).toMatch(/^References: <a-1@example\.org>$/im);
      expect(head).toMatch(/^Auto-Submitted: auto-generated$/im);
      expect(head).toMatch(/^Subject: \[bots-1\] DOWN 1 bot \(bots-1\)$/im);
      expect(head).not.toMatch(/^Bcc/im);
      expect(letter).toContain("x Bcc: evil");
    }
    expect(box.letters[0]?.replaceAll(/boundary\S*/g, "")).toBe(
      box.letters[1]?.replaceAll(/boundary\S*/g, ""),
    );
  });

  test("of a wrong password is told as broken, without it [alerts/A27]", async () => {
    const options: SMTPServerOptions = {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ password }, _session, done) => done(new Error(`no ${password}`)),
    };
    await using box = await mailbox(options, { user: "bot", password: secret });
    const answer = await sent(box.target);
    expect(answer).toMatchObject({ kind: "broken", detail: expect.stringContaining("127.0.0.1: EAUTH") });
    expect(JSON.stringify(answer)).not.toContain(planted);
  });

  test("over TLS needs a certificate that is trusted", async () => {
    const tls = { key: readFileSync(certificate("server.key")), cert: readFileSync(certificate("good")) };
    await using box = await mailbox({ ...tls, secure: true }, { tls: "implicit" });
    expect((await sent({ ...box.target, ca: certificate("authority") })).kind).toBe("delivered");
    expect(await sent(box.target)).toMatchObject({ kind: "refused" });
    await using begun = await mailbox(
      { ...tls, disabledCommands: [] },
      { tls: "starttls", ca: certificate("authority") },
    );
    expect((await sent(begun.target)).kind).toBe("delivered");
    // A server without STARTTLS gets nothing in the clear.
    await using clear = await mailbox({}, { tls: "starttls" });
    expect((await sent(clear.target)).kind).not.toBe("delivered");
    expect(clear.letters).toEqual([]);
  });

  test.each([
    [450, "refused"],
    [550, "broken"],
  ])("whose reader is refused with %i is %s", async (responseCode, kind) => {
    const options: SMTPServerOptions = {
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error("no such reader"), { responseCode })),
    };
    await using box = await mailbox(options);
    expect(await sent(box.target)).toMatchObject({ kind, detail: expect.stringContaining("no such reader") });
  });

  test("to a server that nobody is on is refused, and to one that never greets ends in time", async () => {
    const { MailReceiver } = await import("../../src/notices/mail.js");
    const { createTransport } = await import("nodemailer");
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    await using box = await mailbox();
    const door = new MailReceiver(receiver(box.target), { ...box.target, port }, createTransport, 400);
    const startedMs = performance.now();
    expect(await door.send(door.render(notice([item()])), never)).toEqual({
      kind: "in_doubt",
      detail: "127.0.0.1: no answer within 0.4 s",
    });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await new Promise((resolve) => silent.close(resolve));
    expect(await sent({ ...box.target, port })).toMatchObject({ kind: "refused" });
  });
});
