import type { Message } from "@kissbot/protocol";
import type { CustomMetricTable, LlmUsageTable } from "@kissbot/store";
import { ManualClock, silentLogger } from "@kissbot/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LineIntake } from "../../src/ingest/line-intake.js";
import type { LineStream } from "../../src/ingest/line-stream.js";
import { type Principal, principalShedReasons } from "../../src/principals/principal.js";
import type { PrincipalPolicy } from "../../src/principals/principal-policy.js";
import { Principals } from "../../src/principals/principals.js";
import type { EndedConnection } from "../../src/queue/ended-connection.js";
import { MessageQueue } from "../../src/queue/message-queue.js";
import type { RowType } from "../../src/queue/row-kind.js";

class TestStream implements LineStream {
  readonly principal: LineStream["principal"];
  decoder: LineStream["decoder"] = undefined;
  heldBytes = 0;
  lines = 0;
  trace: LineStream["trace"] = undefined;
  givenUp = false;

  constructor(principal: LineStream["principal"] = null) {
    this.principal = principal;
  }

  giveUp(): void {
    this.givenUp = true;
  }
}

class Intake {
  readonly offered: { message: Message; atMs: number }[] = [];
  readonly connections: number[] = [];
  readonly ended: EndedConnection[] = [];
  readonly refused: string[] = [];
  readonly previews: string[] = [];
  readonly clock = new ManualClock();
  readonly intake: LineIntake;

  constructor(maxHeldBytes?: number, principals?: Principals) {
    this.intake = new LineIntake({
      queue: {
        offerMessage: (message, atMs, connection = 0) => {
          this.offered.push({ message, atMs });
          this.connections.push(connection);
        },
        offerRowLines: () => undefined,
        isCrowded: () => false,
        offerEnded: (ended) => this.ended.push(ended),
        refuseMessage: (type, reason) => this.refused.push(`${type} ${reason}`),
      },
      clock: this.clock,
      log: { note: ({ preview }) => this.previews.push(preview()) },
      ...(maxHeldBytes === undefined ? {} : { maxHeldBytes }),
      ...(principals === undefined ? {} : { principals }),
    });
  }

  get rejected(): number {
    return Object.values(this.intake.rejected).reduce((sum, count) => sum + count, 0);
  }

  assertSum(): void {
    expect(this.intake.lines).toBe(
      this.offered.length + this.refused.length + this.rejected + this.intake.ignored,
    );
  }

  push(stream: TestStream, text: string): void {
    this.intake.pushChunk(stream, Buffer.from(text, "latin1"));
    this.assertSum();
  }
}

const beat = (pid: number): string => `{"type": "heartbeat", "channel": "a", "pid": ${pid}}`;

test("counts each line once: blank ones nowhere, unknown types as ignored", () => {
  const test = new Intake();
  const stream = new TestStream();
  test.push(stream, `${beat(1)}\n\n  \r\n{"type":"later"}\nnonsense\n${beat(2)}\r\n`);
  expect(test.offered.map(({ message }) => "pid" in message && message.pid)).toEqual([1, 2]);
  expect(test.intake.lines).toBe(4);
  expect(test.intake.ignored).toBe(1);
  expect(test.intake.rejected.invalid_json).toBe(1);
  expect(test.previews).toEqual(['{"type":"later"}', "nonsense"]);
  expect(test.offered[0]?.atMs).toBe(test.clock.wallMs());
});

test("a stream holds something only while its line is cut", () => {
  const test = new Intake();
  const stream = new TestStream();
  test.push(stream, `${beat(1)}\n`);
  expect(stream.decoder).toBeUndefined();
  test.push(stream, `${beat(2)}\n{"type": "hea`);
  expect(stream.decoder).toBeDefined();
  expect(test.intake.heldBytes).toBe(13);
  test.push(stream, 'rtbeat", "channel": "a", "pid": 3}\n');
  expect(stream.decoder).toBeUndefined();
  expect(test.intake.heldBytes).toBe(0);
  expect(test.offered).toHaveLength(3);
});

test("the end of a stream judges what is left, once", () => {
  const test = new Intake();
  const [whole, cut, idle] = [new TestStream(), new TestStream(), new TestStream()];
  test.push(whole, beat(1));
  test.push(cut, '{"type": "heart');
  test.push(idle, `${beat(2)}\n`);
  for (const stream of [whole, cut, idle, whole, cut]) test.intake.endStream(stream);
  test.assertSum();
  expect(test.offered).toHaveLength(2);
  expect(test.intake.rejected.truncated).toBe(1);
  expect(test.intake.heldBytes).toBe(0);
});

test("what is too long is skipped and holds nothing, however long it gets", () => {
  const test = new Intake();
  const stream = new TestStream();
  for (let i = 0; i < 100; i++) test.push(stream, "x".repeat(10_000));
  expect(test.intake.heldBytes).toBe(0);
  expect(test.intake.rejected.line_too_long).toBe(1);
  test.push(stream, `x\n${beat(1)}\n`);
  expect(test.intake.lines).toBe(2);
  expect(test.offered).toHaveLength(1);
});

test("past the bound the stream whose line has been cut for the longest is given up, and its line counted", () => {
  const test = new Intake(1_000);
  const [slow, skipping, busy, last] = [0, 0, 0, 0].map(() => new TestStream()) as [
    TestStream,
    TestStream,
    TestStream,
    TestStream,
  ];
  test.push(skipping, "x".repeat(70_000));
  test.push(slow, "{".repeat(300));
  test.push(busy, "{".repeat(300));
  test.push(busy, `\n${"{".repeat(300)}`);
  test.push(slow, "{".repeat(100));
  test.push(last, "{".repeat(400));
  expect([slow, skipping, busy, last].map(({ givenUp }) => givenUp)).toEqual([true, false, false, false]);
  expect(test.intake.heldBytes).toBe(700);
  expect(test.intake.rejected.truncated).toBe(1);
});

test("how streams are cut and mixed makes no difference to what is counted", () => {
  const line = fc.constantFrom(
    beat(1),
    "",
    " ",
    "nonsense",
    '{"type":"later"}',
    "\xff",
    "[1]",
    "x".repeat(66_000),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.array(line, { maxLength: 4 }), fc.nat(70_000)), { maxLength: 12 }),
      fc.boolean(),
      (pieces, ended) => {
        const whole = new Intake();
        const cut = new Intake();
        const texts = ["", "", ""];
        const streams = texts.map(() => new TestStream());
        for (const [index, lines, at] of pieces) {
          const text = lines.map((one) => `${one}\n`).join("");
          texts[index] += text;
          cut.push(streams[index] as TestStream, text.slice(0, at % (text.length + 1)));
          // The rest of this piece comes after those of other streams at times.
          cut.push(streams[(index + 1) % 3] as TestStream, "");
          cut.push(streams[index] as TestStream, text.slice(at % (text.length + 1)));
        }
        for (const [index, text] of texts.entries()) {
          const stream = new TestStream();
          whole.push(stream, text + (ended ? beat(9) : ""));
          if (ended) cut.push(streams[index] as TestStream, beat(9));
          whole.intake.endStream(stream);
          cut.intake.endStream(streams[index] as TestStream);
        }
        expect(cut.intake.rejected).toEqual(whole.intake.rejected);
        expect([cut.intake.lines, cut.intake.ignored, cut.offered.length]).toEqual([
          whole.intake.lines,
          whole.intake.ignored,
          whole.offered.length,
        ]);
        expect(cut.intake.heldBytes).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

const line = (type: string, channel: string, pid: number) => `${JSON.stringify({ type, channel, pid })}\n`;

test("the end of a connection is told for each process that was heard over it and said no goodbye, behind its lines [trial/O2]", () => {
  const it = new Intake();
  const [kept, other] = [new TestStream(), new TestStream()];
  it.push(kept, line("register", "a", 1) + line("heartbeat", "a", 1) + line("heartbeat", "b", 1));
  it.push(other, line("register", "c", 3) + line("unregister", "c", 3));
  it.push(kept, line("register", "d", 1) + line("unregister", "d", 1) + line("heartbeat", "d", 1));
  it.push(kept, '{"type":"heartbeat","channel":"cut","pid":9}');
  const [first, second] = [it.connections[0] as number, it.connections[3] as number];
  expect(it.connections).toEqual([first, first, first, second, second, first, first, first]);
  expect([first, second].every((number) => number > 0) && first !== second).toBe(true);
  it.intake.endStream(kept);
  it.intake.endStream(other);
  it.intake.endStream(kept);
  const of = (channel: string, pid: number) => ({ channel, pid, connection: first });
  expect(it.ended).toEqual([of("a", 1), of("b", 1), of("d", 1), of("cut", 9)]);
});

test("the end of a connection that carried a single line, or nothing of a process, tells nothing [trial/O2]", () => {
  const it = new Intake();
  const [single, cut, usage] = [new TestStream(), new TestStream(), new TestStream()];
  it.push(single, line("register", "a", 1));
  it.push(cut, line("register", "a", 1).trimEnd());
  it.push(usage, '{"type":"custom_metric","channel":"a","metric_name":"m","value":1}\n'.repeat(2));
  for (const stream of [single, cut, usage]) it.intake.endStream(stream);
  expect(it.offered).toHaveLength(4);
  expect(it.ended).toEqual([]);
});

test("a connection remembers 16 processes, and the rest of its lines come over none [trial/O2]", () => {
  const it = new Intake();
  const stream = new TestStream();
  for (let pid = 1; pid <= 20; pid++) it.push(stream, line("heartbeat", "a", pid));
  const number = it.connections[0] as number;
  expect(it.connections).toEqual(Array.from({ length: 20 }, (_, i) => (i < 16 ? number : 0)));
  it.intake.endStream(stream);
  expect(it.ended.map(({ pid }) => pid)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
});

test("a connection that the monitor itself gives up says nothing of its processes [trial/O2]", () => {
  const it = new Intake(70_000);
  const [first, second] = [new TestStream(), new TestStream()];
  it.push(first, `${line("heartbeat", "a", 1).repeat(2)}{${" ".repeat(60_000)}`);
  it.push(second, `{${" ".repeat(60_000)}`);
  expect(first.givenUp).toBe(true);
  it.intake.endStream(first);
  expect(it.ended).toEqual([]);
});

test("what a principal may not send is refused with its reason, and leaves no trace of its process", () => {
  const clock = new ManualClock();
  const bounds = { channels: ["a"], maxBots: null, maxConnections: null, rowsPerSecond: 1, ownUid: null };
  const principals = new Principals({ policies: [{ name: "team", ...bounds }], clock, logger: silentLogger });
  const test = new Intake(undefined, principals);
  const [own, local] = [new TestStream(principals.get("team")), new TestStream(principals.local)];
  const row = (channel: string) =>
    `{"type":"llm_usage","channel":"${channel}","model":"m","feature":"f","tokens_in":1,"tokens_out":1}\n`;
  for (const type of ["register", "heartbeat", "unregister"])
    test.push(own, `{"type":"${type}","channel":"b","pid":7}\n`);
  test.push(own, row("b"));
  expect(test.refused).toEqual(
    ["register", "heartbeat", "unregister", "llm_usage"].map((type) => `${type} unauthorized`),
  );
  expect([test.offered.length, own.trace]).toEqual([0, undefined]);
  test.push(own, `${row("a").repeat(11)}${beat(1)}\n`);
  expect(test.refused.slice(4)).toEqual(["llm_usage over_quota"]);
  clock.pass(2_000);
  test.push(own, row("a").repeat(3));
  expect(test.refused.slice(5)).toEqual(["llm_usage over_quota"]);
  test.push(local, `${row("b").repeat(50)}{"type":"heartbeat","channel":"b","pid":7}\n`);
  expect(test.refused).toHaveLength(6);
  expect(own.givenUp).toBe(false);
  expect(test.ended).toEqual([]);
});

test("the end of a connection says nothing of a process whose lines were refused", () => {
  const policies = [
    { name: "team", channels: ["a"], maxBots: null, maxConnections: null, rowsPerSecond: null, ownUid: null },
  ];
  const principals = new Principals({ policies, clock: new ManualClock(), logger: silentLogger });
  const test = new Intake(undefined, principals);
  const stream = new TestStream(principals.get("team"));
  test.push(stream, `${beat(1)}\n`);
  for (let i = 0; i < 3; i++) test.push(stream, `{"type":"heartbeat","channel":"b","pid":7}\n`);
  test.intake.endStream(stream);
  expect(test.ended.map(({ channel, pid }) => [channel, pid])).toEqual([["a", 1]]);
});

/** What came of a flood, in pieces of that size, of which the store took `drained` rows. */
function flooded(
  bytes: Uint8Array,
  size: number,
  isCrowded: (queue: MessageQueue, type: RowType) => boolean,
  policy?: PrincipalPolicy,
) {
  const queue = new MessageQueue({ maxRows: 20_000, maxBots: 10 });
  const clock = new ManualClock();
  const policies = policy === undefined ? [] : [policy];
  const principals = new Principals({ policies, clock, logger: silentLogger });
  const principal = policy === undefined ? null : (principals.get(policy.name) as Principal);
  const seen = { llm_usage: 0, custom_metric: 0 };
  const intake = new LineIntake({
    queue: {
      offerMessage: (...offered) => queue.offerMessage(...offered),
      offerRowLines: (type, text, lines, atMs, from) => {
        seen[type] += lines;
        queue.offerRowLines(type, text, lines, atMs, from);
      },
      offerEnded: (ended) => queue.offerEnded(ended),
      refuseMessage: (type, reason) => queue.refuseMessage(type, reason),
      isCrowded: (type) => isCrowded(queue, type),
    },
    clock,
    log: { note: () => undefined },
    principals,
  });
  const [one, other] = [new TestStream(principal), new TestStream(principal)];
  const rows: string[] = [];
  const drain = (limit: number) => {
    const on = (table: LlmUsageTable | CustomMetricTable, from: number, to: number) => {
      for (const row of table.slice(from, to)) rows.push(JSON.stringify(row));
    };
    queue.drainUsage(limit, on);
    queue.drainMetrics(limit, on);
  };
  for (let at = 0, n = 0; at < bytes.length; at += size, n++) {
    intake.pushChunk(one, bytes.subarray(at, at + size));
    if (n % 3 === 0) intake.pushChunk(other, Buffer.from(`${call(n)}\n${metric(n)}\n${beat(1)}\n`));
    clock.pass(1);
    drain(n % 50);
    const { received, processed, shed } = queue.counters;
    const sum = (of: Readonly<Record<string, number>>) =>
      Object.values(of).reduce((all, one) => all + one, 0);
    const { lines, ignored, rejected } = intake;
    expect(lines).toBe(sum(received) + sum(rejected) + ignored);
    expect(received.llm_usage).toBe(processed.llm_usage + queue.usageDepth + sum(shed.llm_usage));
    expect(received.custom_metric).toBe(
      processed.custom_metric + queue.metricDepth + sum(shed.custom_metric),
    );
  }
  intake.endStream(one);
  const waited = [queue.usageDepth, queue.metricDepth];
  while (queue.usageDepth + queue.metricDepth > 0) drain(300);
  expect(queue.rowRoom.bytes).toBe(0);
  const { lines, ignored, rejected } = intake;
  const streams = [one.lines, other.lines];
  const ofPrincipal = principal && {
    ...principal.counters,
    last: principalShedReasons.map((reason) => ({ ...principal.lastShed(reason) })),
  };
  return {
    seen,
    told: { lines, ignored, rejected, streams, waited, rows, ofPrincipal, counters: { ...queue.counters } },
  };
}

const call = (n: number): string =>
  JSON.stringify({
    type: "llm_usage",
    channel: n % 40 === 0 ? "k\u00e4se" : `bot${n % 7}`,
    model: "m",
    feature: "f",
    tokens_in: n % 31 === 0 ? -1 : n,
    tokens_out: 1,
    ...(n % 5 === 0 ? { ts: 1e12 } : {}),
  });

/** In the order of the specification; some channels have escapes that are not needed. */
const metric = (n: number): string => {
  const text = JSON.stringify({
    type: "custom_metric",
    channel: n % 40 === 0 ? "k\u00e4se" : `bot${n % 7}`,
    metric_name: n % 50 === 0 ? "l\u00e4nge" : "queue length",
    value: n % 29 === 0 ? null : n / 8 - 100,
    ...(n % 5 === 0 ? { ts: 1e12 } : {}),
  });
  if (n % 13 === 0) return text.replace("bot", "b\\u006ft");
  return n % 40 === 0 ? text.replaceAll("\u00e4", "\\u00E4") : text;
};

function floodOf(line: (n: number) => string): Buffer {
  const odd = ["nonsense", '{"type":"later"}', "", beat(2), `${line(3)}\r`, '{"type":"llm_usage"}'];
  const lines = Array.from({ length: 50_000 }, (_, n) => (n % 97 === 0 ? odd[n % odd.length] : line(n)));
  return Buffer.from(lines.join("\n"));
}

/** What floods the queue, and of which type no row is shed as long as the other's wait. */
const floods = [
  { name: "calls", bytes: floodOf(call), types: ["llm_usage"] },
  { name: "custom metrics", bytes: floodOf(metric), types: ["custom_metric"] },
  {
    name: "runs of both",
    bytes: floodOf((n) => (n % 300 < 130 ? call(n) : metric(n))),
    types: ["custom_metric"],
  },
  {
    name: "both in turns, mostly calls",
    bytes: floodOf((n) => (n % 4 === 0 ? metric(n) : call(n))),
    types: ["llm_usage", "custom_metric"],
  },
] as const satisfies readonly { name: string; bytes: Buffer; types: readonly RowType[] }[];

const undecodedOf = (bytes: Buffer, size: number, policy?: PrincipalPolicy) =>
  flooded(bytes, size, (queue, type) => queue.isCrowded(type), policy);
const decodedOf = (bytes: Buffer, size: number, policy?: PrincipalPolicy) =>
  flooded(bytes, size, () => false, policy);

test.each(floods)(
  "a flood of $name that is shed undecoded is counted as it is where each line is decoded, by type and reason",
  ({ bytes, types }) => {
    for (const size of [65_536, 20_000]) {
      const undecoded = undecodedOf(bytes, size);
      const decoded = decodedOf(bytes, size);
      expect(decoded.seen).toEqual({ llm_usage: 0, custom_metric: 0 });
      expect(undecoded.told).toEqual(decoded.told);
      expect(undecoded.told.rejected.invalid_field).toBeGreaterThan(1_000);
      for (const type of types) {
        expect(undecoded.seen[type]).toBeGreaterThan(5_000);
        expect(undecoded.told.counters.shed[type].queue_full).toBeGreaterThan(3_000);
      }
    }
  },
);

test.each(floods)(
  "$name of a user that are shed or refused undecoded are counted as they are where each is decoded",
  ({ bytes, types }) => {
    const bounds = { maxBots: null, maxConnections: null, ownUid: null };
    const policies = [
      { name: "free", channels: ["*"], rowsPerSecond: null, ...bounds },
      {
        name: "own",
        channels: ["bot0", "bot1", "bot2", "bot3", "bot4", "k*"],
        rowsPerSecond: null,
        ...bounds,
      },
      { name: "rated", channels: ["bot*"], rowsPerSecond: 3_000, ...bounds },
    ];
    for (const policy of policies) {
      const undecoded = undecodedOf(bytes, 65_536, policy);
      const decoded = decodedOf(bytes, 65_536, policy);
      for (const type of types) expect(undecoded.seen[type]).toBeGreaterThan(2_000);
      expect(undecoded.told).toEqual(decoded.told);
      const { received, shed, last } = undecoded.told.ofPrincipal ?? {};
      expect(received).toBeGreaterThan(40_000);
      expect(shed?.queue_full).toBeGreaterThan(500);
      expect([(shed?.unauthorized ?? 0) > 5_000, (shed?.over_quota ?? 0) > 5_000]).toEqual([
        policy.name === "own",
        policy.name === "rated",
      ]);
      expect(last?.some(({ channel }) => channel === "")).toBe(false);
    }
  },
);
