import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isRow, Line, type LineType } from "../src/line.js";
import { LineCounts } from "../src/line-counts.js";
import { Outbox } from "../src/outbox.js";
import { RowRing } from "../src/row-ring.js";

type Operation =
  | { readonly do: "put"; readonly type: LineType; readonly size: number }
  | { readonly do: "write"; readonly share: number }
  | { readonly do: "reconnect"; readonly registered: boolean };

const types: LineType[] = ["register", "heartbeat", "unregister", "llm_usage", "custom_metric"];
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      type: fc.constantFrom(...types),
      size: fc.nat(60),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const), registered: fc.boolean() }) },
);

interface Run {
  readonly outbox: Outbox;
  readonly counts: LineCounts;
  calls: number;
  lostRows: number;
  told: number;
  toldSent: number;
  /** What each connection received. */
  readonly connections: string[];
}

function lossesOf(counts: LineCounts): number {
  return Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
}

function play(operations: readonly Operation[], maxLines: number, maxBytes: number, isHeard = true): Run {
  const counts = new LineCounts();
  const outbox = new Outbox({
    maxLines,
    maxBytes,
    counts,
    onDrop: (type) => {
      if (isRow(type)) run.lostRows++;
    },
    isHeard: () => isHeard,
  });
  const run: Run = { outbox, counts, calls: 0, lostRows: 0, told: 0, toldSent: 0, connections: [""] };
  for (const step of operations) {
    if (step.do === "put") {
      run.calls++;
      const line = new Line(step.type, `${step.type}:${run.calls}:${"é".repeat(step.size)}\n`);
      line.settle = (sent) => {
        run.told++;
        if (sent) run.toldSent++;
      };
      outbox.putLine(line);
    } else if (step.do === "write") {
      const chunk = outbox.nextChunk();
      if (chunk !== undefined) {
        const bytes = Buffer.from(chunk);
        const taken = Math.floor(bytes.length * step.share);
        run.connections[run.connections.length - 1] += bytes.subarray(0, taken).toString("latin1");
        outbox.markTaken(taken);
      }
    } else {
      outbox.lose();
      run.connections.push("");
      if (step.registered) outbox.greet(new Line("register", "greeting\n", false));
    }
    expect(counts.sent + counts.superseded + lossesOf(counts) + outbox.waiting).toBe(run.calls);
    if (isHeard) expect(counts.lostRows).toBe(run.lostRows);
  }
  return run;
}

function linesOf(connection: string): string[] {
  return connection.split("\n").slice(0, -1);
}

test("calls = sent + superseded + dropped + waiting, at every moment, whatever is taken and whenever it breaks", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 120 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 20, max: 600 }),
      (operations, maxLines, maxBytes) => {
        const run = play(operations, maxLines, maxBytes);
        const arrived = run.connections.flatMap(linesOf).filter((line) => line !== "greeting");
        // Sent lines are those that arrived whole, each once, and their callers were told so.
        expect(arrived.length).toBe(run.counts.sent);
        expect(new Set(arrived).size).toBe(arrived.length);
        expect(run.toldSent).toBe(run.counts.sent);
        run.outbox.stay();
        expect(run.told).toBe(run.calls);
        run.outbox.abandon();
        expect(run.outbox.waiting).toBe(0);
        expect(run.outbox.isEmpty).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});

test("what waits at the end is counted and told the same, whether or not anybody hears of losses", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.constantFrom(true, false, undefined),
      (operations, isTold) => {
        const [heard, unheard] = [true, false].map((isHeard) => {
          const run = play(operations, 8, 400, isHeard);
          if (isTold !== undefined) run.outbox.stay(isTold);
          run.outbox.abandon();
          expect(run.outbox.waiting).toBe(0);
          expect(run.outbox.isEmpty).toBe(true);
          expect(run.told).toBe(run.calls);
          return run;
        });
        expect(heard?.counts.lostRows).toBe(heard?.lostRows);
        expect(unheard?.counts).toStrictEqual(heard?.counts);
        expect(unheard?.counts.dropped).toStrictEqual(heard?.counts.dropped);
      },
    ),
    { numRuns: 300 },
  );
});

test("rows arrive in the order of their calls, and a connection breaks at most its last line", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const run = play(operations, 8, 400);
      const rows: number[] = [];
      for (const connection of run.connections) {
        for (const line of linesOf(connection)) {
          const [type, call = "", body] = line.split(":");
          if (type === "greeting") continue;
          expect(types).toContain(type);
          expect(Buffer.from(body ?? "", "latin1").toString()).toMatch(/^é*$/);
          if (isRow(type as LineType)) rows.push(Number(call));
        }
      }
      expect(rows).toEqual([...rows].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});

test("a greeting, or the registration that waits, comes before everything else", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const { outbox } = play(operations, 8, 400);
      outbox.lose();
      outbox.greet(new Line("register", "greeting\n", false));
      const first = Buffer.from(outbox.nextChunk() ?? "").toString();
      expect(first).toMatch(/^(greeting\n|register:)/);
    }),
    { numRuns: 300 },
  );
});

test("the bounds hold: by count and by bytes, oldest first, and a state is never displaced by rows", () => {
  const counts = new LineCounts();
  const dropped: string[] = [];
  const outbox = new Outbox({
    maxLines: 3,
    maxBytes: 60,
    counts,
    onDrop: (type, reason) => dropped.push(`${type} ${reason}`),
  });
  outbox.putLine(new Line("heartbeat", "beat\n"));
  for (let i = 0; i < 5; i++) outbox.putLine(new Line("custom_metric", `row ${i}\n`));
  expect(outbox.nextChunk()).toBe("beat\nrow 2\nrow 3\nrow 4\n");
  outbox.markTaken(0);
  outbox.putLine(new Line("llm_usage", `${"x".repeat(54)}\n`));
  expect(outbox.nextChunk()).toBe(`beat\n${"x".repeat(54)}\n`);
  outbox.markTaken(0);
  outbox.putLine(new Line("llm_usage", "y".repeat(61)));
  // Larger than the bound: what waits is kept, and it is dropped.
  expect(outbox.nextChunk()).toBe(`beat\n${"x".repeat(54)}\n`);
  expect(dropped).toEqual([...Array(5).fill("custom_metric buffer_full"), "llm_usage buffer_full"]);
});

test("of each state the newest is sent; a registration takes a waiting goodbye back", () => {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 3, maxBytes: 60, counts, onDrop: () => expect.unreachable() });
  outbox.putLine(new Line("register", "r1\n"));
  outbox.putLine(new Line("heartbeat", "h1\n"));
  outbox.putLine(new Line("custom_metric", "m1\n"));
  outbox.putLine(new Line("heartbeat", "h2\n"));
  outbox.putLine(new Line("unregister", "u1\n"));
  expect(outbox.nextChunk()).toBe("r1\nh2\nm1\nu1\n");
  outbox.markTaken(0);
  outbox.putLine(new Line("register", "r2\n"));
  expect(outbox.nextChunk()).toBe("r2\nh2\nm1\n");
  expect(counts.superseded).toBe(3);
});

/** What a peer gets, and the counters, where each write takes `share` of what it is given. */
function sendAll(lines: readonly Line[], share: number): { arrived: string; sent: number; waiting: number } {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 1_000, maxBytes: 1e6, counts, onDrop: () => expect.unreachable() });
  for (const line of lines) outbox.putLine(line);
  const taken: Buffer[] = [];
  for (let writes = 0; !outbox.isEmpty; writes++) {
    const bytes = Buffer.from(outbox.nextChunk() ?? "");
    const count = Math.max(1, Math.floor(share * bytes.length));
    taken.push(bytes.subarray(0, count));
    outbox.markTaken(count);
    if (writes > 100_000) throw new Error("it never ends");
  }
  return { arrived: Buffer.concat(taken).toString(), sent: counts.sent, waiting: outbox.waiting };
}

test("lines that were counted wrong arrive whole, once and in order, whatever each write takes [client/F14]", () => {
  const wrong = fc.record({
    size: fc.nat(40),
    error: fc.integer({ min: -30, max: 30 }),
    type: fc.constantFrom(...types),
  });
  fc.assert(
    fc.property(
      fc.array(wrong, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (specs, share) => {
        const texts = specs.map(({ size }, i) => `row ${i} ${"é".repeat(size)}\n`);
        const lines = specs.map(
          ({ error }, i) =>
            new Line(
              "custom_metric",
              texts[i] as string,
              true,
              Math.max(0, Buffer.byteLength(texts[i] as string) + error),
            ),
        );
        // Here a partial write that takes exactly the wrong count of the whole chunk cannot be told
        // from a whole one.
        fc.pre(share === 1 || specs.every(({ error }) => error >= 0));
        expect(sendAll(lines, share)).toEqual({ arrived: texts.join(""), sent: specs.length, waiting: 0 });
      },
    ),
    { numRuns: 500 },
  );
});

test.each([-5, 0, 1, 1_000])("a line that was counted as %d bytes silences nobody [client/F14]", (bytes) => {
  const texts = ["a\n", "bé\n", "c\n"];
  const lines = texts.map((text, i) => new Line("llm_usage", text, true, i === 1 ? bytes : undefined));
  expect(sendAll(lines, 1)).toEqual({ arrived: "a\nbé\nc\n", sent: 3, waiting: 0 });
});

test("a line whose length is no number limits nothing once it is gone [client/F14]", () => {
  const ring = new RowRing(10, 100);
  ring.pushLine(new Line("custom_metric", "a\n", true, Number.NaN));
  expect(ring.fits(2)).toBe(false);
  ring.shift();
  ring.pushLine(new Line("custom_metric", "b\n"));
  expect(ring.fits(98)).toBe(true);
  expect(ring.fits(99)).toBe(false);
});

test("an operating system that says it took more than there was ends the chunk, and no more [client/F14]", () => {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 9, maxBytes: 100, counts, onDrop: () => expect.unreachable() });
  for (const text of ["a\n", "b\n"]) outbox.putLine(new Line("custom_metric", text));
  expect(outbox.nextChunk()).toBe("a\nb\n");
  outbox.markTaken(1e6);
  expect(counts.sent).toBe(2);
  outbox.putLine(new Line("custom_metric", "c\n"));
  expect(outbox.nextChunk()).toBe("c\n");
  outbox.markTaken(1);
  expect(Buffer.from(outbox.nextChunk() ?? "").toString()).toBe("\n");
});

test("one line always fits until its tick is over, whatever its size; then it is dropped and counted [client/F29] [conformance/R15]", () => {
  const counts = new LineCounts();
  const dropped: string[] = [];
  const outbox = new Outbox({
    maxLines: 3,
    maxBytes: 10,
    counts,
    onDrop: (_, reason) => dropped.push(reason),
  });
  outbox.putLine(new Line("custom_metric", "0123456789abcdef\n"));
  expect(outbox.waiting).toBe(1);
  // The first attempt to connect is under way.
  outbox.stay(false);
  expect(outbox.nextChunk()).toBe("0123456789abcdef\n");
  outbox.markTaken(0);
  outbox.stay();
  expect(outbox.waiting).toBe(0);
  expect(dropped).toEqual(["buffer_full"]);
  expect(counts.lostRows).toBe(1);
});

test("a line above the bound does not drive out what waits [conformance/R15]", () => {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 3, maxBytes: 10, counts, onDrop: () => {} });
  outbox.putLine(new Line("custom_metric", "a\n"));
  outbox.putLine(new Line("custom_metric", "0123456789abcdef\n"));
  outbox.putLine(new Line("custom_metric", "b\n"));
  expect(outbox.nextChunk()).toBe("a\nb\n");
  expect(counts.lostRows).toBe(1);
});

test("a line above the bound whose first bytes are out is finished [conformance/R15]", () => {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 3, maxBytes: 10, counts, onDrop: () => expect.unreachable() });
  outbox.putLine(new Line("custom_metric", "0123456789abcdef\n"));
  expect(outbox.nextChunk()).toBe("0123456789abcdef\n");
  outbox.markTaken(4);
  outbox.stay();
  outbox.putLine(new Line("custom_metric", "a\n"));
  expect(Buffer.from(outbox.nextChunk() ?? "").toString()).toBe("456789abcdef\n");
});

test("a goodbye that was cut waits again, and a registration displaces it [conformance/R15]", () => {
  const counts = new LineCounts();
  const outbox = new Outbox({ maxLines: 3, maxBytes: 100, counts, onDrop: () => {} });
  outbox.putLine(new Line("heartbeat", "beat\n"));
  outbox.putLine(new Line("custom_metric", "row\n"));
  outbox.putLine(new Line("unregister", "goodbye\n"));
  expect(outbox.nextChunk()).toBe("beat\nrow\ngoodbye\n");
  outbox.markTaken("beat\nrow\ngood".length);
  outbox.lose();
  expect(counts).toMatchObject({ sent: 2, superseded: 0, dropped: { connection_lost: 0 } });
  expect(outbox.nextChunk()).toBe("goodbye\n");
  outbox.markTaken(4);
  outbox.putLine(new Line("register", "back\n"));
  outbox.lose();
  expect(counts.dropped.connection_lost).toBe(1);
  expect(outbox.nextChunk()).toBe("back\n");
});

test("what made no line is no loss that a heartbeat tells [conformance/R15]", () => {
  const counts = new LineCounts();
  counts.drop("llm_usage", "invalid");
  counts.drop("llm_usage", "connection_lost");
  counts.drop("custom_metric", "buffer_full");
  counts.drop("heartbeat", "connection_lost");
  expect(counts.lostRows).toBe(2);
  expect(counts.dropped.invalid).toBe(1);
});

test("a loss of which nobody would hear is counted, and not told", () => {
  const counts = new LineCounts();
  const told: string[] = [];
  let isHeard = false;
  const outbox = new Outbox({
    maxLines: 1,
    maxBytes: 1_000,
    counts,
    onDrop: (type, reason) => told.push(`${type} ${reason}`),
    isHeard: () => isHeard,
  });
  const put = () => outbox.putLine(new Line("llm_usage", "x\n"));
  put();
  put();
  expect(told).toEqual([]);
  isHeard = true;
  put();
  outbox.abandon();
  expect(told).toEqual(["llm_usage buffer_full", "llm_usage closed"]);
  expect(counts.dropped).toMatchObject({ buffer_full: 2, closed: 1 });
});
