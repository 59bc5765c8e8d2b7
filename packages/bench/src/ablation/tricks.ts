import type { Trick } from "./trick.js";

/** Of a usage row, from its socket to the database. */
const calls: readonly Trick[] = [
  {
    id: "row-columns",
    does: "rows wait as columns",
    instead: "as the messages that came",
    file: "server/src/queue/row-chunks.ts",
    without: { exports: ["RowChunks"] },
    load: "calls",
    also: "a stall of the store: what waits is nothing for the collector to move",
  },
  {
    id: "name-pool",
    does: "a table holds each name once",
    instead: "once for each row",
    file: "store/src/dictionary.ts",
    without: {
      edits: [
        ["if (known !== undefined) return known;", ""],
        ["this.#refs.set(text, ref);", ""],
      ],
    },
    load: "calls",
  },
  {
    id: "handed-over",
    does: "batches are handed over to the writer's thread",
    instead: "copied",
    file: "store/src/sqlite/thread/writer-client.ts",
    without: { edits: [["postMessage(message(id), buffers)", "postMessage(message(id))"]] },
    load: "calls",
  },
  {
    id: "channel-order",
    does: "the rows of a commit are inserted channel by channel",
    instead: "as they came",
    file: "store/src/sqlite/write/channel-order.ts",
    without: {
      edits: [
        ["readonly #channels = new Map<string, number[]>();", "readonly #all: number[] = [];"],
        [
          `      const channel = channels.at(row) as string;
      let places = this.#channels.get(channel);
      if (places === undefined) {
        places = [];
        this.#channels.set(channel, places);
      }
      places.push(number, row);`,
          "      this.#all.push(number, row);",
        ],
        [
          `    for (const channel of [...this.#channels.keys()].sort()) {
      for (const place of this.#channels.get(channel) as number[]) places[at++] = place;
    }
    this.#channels.clear();`,
          "    for (const place of this.#all.splice(0)) places[at++] = place;",
        ],
      ],
    },
    load: "calls",
  },
  {
    id: "several-rows",
    does: "one statement inserts 20 rows",
    instead: "one row",
    file: "store/src/sqlite/write/bulk-insert.ts",
    without: { edits: [["const rowsPerStatement = 20;", "const rowsPerStatement = 1;"]] },
    load: "calls",
  },
  {
    id: "usage-sums",
    does: "usage rows are summed by the hour as they are written",
    instead: "SQLite reads and groups them again",
    file: "store/src/sqlite/write/usage-sums.ts",
    without: {
      edits: [
        [
          "if (id !== this.#upTo + 1 || this.#size >= maxGroups) {",
          "if (id > 0) return;\n    if (id !== this.#upTo + 1 || this.#size >= maxGroups) {",
        ],
      ],
    },
    load: "calls",
  },
  {
    id: "nested-counts",
    does: "the counters of calls stand in a map in a map in a map",
    instead: "in one, by the three names in one text",
    file: "server/src/worker/usage-counts.ts",
    without: {
      edits: [
        [
          "#sets: UsageCount[] = [];",
          "#sets: UsageCount[] = [];\n  readonly #joined = new Map<string, UsageCount>();",
        ],
        [
          "this.#counts.get(channel)?.get(model)?.get(feature)",
          "this.#joined.get(channel + '\\n' + model + '\\n' + feature)",
        ],
        [
          "this.#sets.push(one);",
          "this.#sets.push(one);\n    this.#joined.set(channel + '\\n' + model + '\\n' + feature, one);",
        ],
        [
          "if (this.#counts.delete(channel)) this",
          "for (const [key, one] of this.#joined) if (one.channel === channel) this.#joined.delete(key);\n    if (this.#counts.delete(channel)) this",
        ],
      ],
    },
    load: "calls",
  },
  {
    id: "price-kinds",
    does: "the pricer knows the last 256 pairs of a model and a feature by their numbers",
    instead: "each row asks the book of prices",
    file: "server/src/cost/pricer.ts",
    without: {
      edits: [["const known = this.#kinds[place];", "const known = undefined as Kind | undefined;"]],
    },
    load: "calls",
  },
  {
    id: "plain-text",
    does: "two searches say that no name of a chunk can hold a control character",
    instead: "each character of each name is looked at",
    file: "protocol/src/name.ts",
    without: {
      edits: [[String.raw`return json.indexOf("\\") < 0 && json.indexOf("\x7f") < 0;`, "return false;"]],
    },
    load: "calls",
    also: "lines that are not written as clients write them, which JSON.parse reads",
  },
  {
    id: "chunk-text",
    does: "what is not recognised of a chunk becomes one text, of which lines are cut",
    instead: "each line becomes a text by itself",
    file: "protocol/src/decoder.ts",
    without: {
      edits: [
        [
          'const text = start < to ? textFromUtf8(chunk, start, to) : "";',
          'const text = start < to ? undefined : "";',
        ],
      ],
    },
    load: "calls",
    also: "lines that are not written as clients write them, which JSON.parse reads",
  },
  {
    id: "held-text",
    does: "a short chunk becomes a text at once, and the line that it cuts is held as text",
    instead: "newlines are looked for in its bytes, and the line is held as bytes",
    file: "protocol/src/decoder.ts",
    without: {
      edits: [
        ["if (length <= smallChunkBytes || this.#heldBytes > 0", "if (length > 0 || this.#heldBytes > 0"],
      ],
    },
    load: "calls, a line a write",
    also: "chunks that end within a line, where the decoder is all that runs",
  },
  {
    id: "client-line",
    does: "a line as clients write it is read from its bytes",
    instead: "by JSON.parse, and the object is judged and copied",
    file: "protocol/src/client-line.ts",
    without: { edits: [["if (isPolluted()) return undefined;", "if (bytes.length > 0) return undefined;"]] },
    load: "calls, a line a write",
    also: "a line alone in its chunk, where the decoder is all that runs",
  },
  {
    id: "name-table",
    does: "a name that was read lately is taken from a table",
    instead: "each name is a new string",
    file: "protocol/src/name-table.ts",
    without: { edits: [["if (isSame(known, bytes, from, to)) return known;", ""]] },
    load: "calls, a line a write",
    also: "a line alone in its chunk, where the decoder is all that runs",
  },
  {
    id: "buffer-slices",
    does: "texts are made by the slices of Node's Buffer",
    instead: "by TextDecoder",
    file: "protocol/src/utf8.ts",
    without: {
      edits: [["(globalThis as { Buffer?: { prototype: Slices } }).Buffer?.prototype ?? {}", "({})"]],
    },
    load: "calls, a line a write",
    also: "a line alone in its chunk, where the decoder is all that runs",
  },
  {
    id: "page-cache",
    does: "SQLite caches 8 MB of pages",
    instead: "32 MB",
    file: "store/src/sqlite/file/connection.ts",
    without: { edits: [["cache_size = -8000", "cache_size = -32000"]] },
    load: "calls",
  },
  {
    id: "young-space",
    does: "6 MB for what the writer's thread has just made",
    instead: "as much as Node gives a thread",
    file: "store/src/sqlite/thread/writer-client.ts",
    without: { edits: [["resourceLimits: { maxYoungGenerationSizeMb: youngMb },", ""]] },
    load: "calls",
  },
  {
    id: "young-generation",
    does: "the main thread's room for new objects stops growing at 8 MB",
    instead: "it grows as far as V8 lets it",
    file: "server/src/cli/heap-growth.ts",
    without: {
      edits: [
        ["if (steers) growYoungBy(1);", ""],
        ["if (steers) steerYoungGeneration();", ""],
      ],
    },
    load: "calls",
  },
];

/** Of the other messages. */
const messages: readonly Trick[] = [
  {
    id: "metric-columns",
    does: "custom metrics wait as columns",
    instead: "as the messages that came",
    file: "server/src/queue/row-chunks.ts",
    without: { exports: ["RowChunks"] },
    load: "metrics",
  },
  {
    id: "waiting-channel",
    does: "the one process that waits of a channel needs no map",
    instead: "each channel has a map",
    file: "server/src/queue/waiting-channel.ts",
    without: {
      edits: [
        [
          "#several: Map<number, WaitingProcess> | undefined;",
          "#several: Map<number, WaitingProcess> | undefined = new Map();",
        ],
      ],
    },
    load: "beats",
  },
];

/** Of what HTTP answers. */
const answers: readonly Trick[] = [
  {
    id: "bot-parts",
    does: "a beat makes anew what it changes of a bot's JSON",
    instead: "all of it",
    file: "server/src/http/bot-text.ts",
    without: {
      edits: [["if (frame.some((value, i) => value !== this.#frame[i])) {", "{"]],
    },
    load: "list",
  },
  {
    id: "kept-json",
    does: "the JSON of a bot is kept until it changes",
    instead: "each list makes it",
    file: "server/src/http/fleet-json.ts",
    without: {
      edits: [
        ["let known = this.#texts.get(bot);", "let known: BotText | undefined;"],
        ["this.#texts.set(bot, known);", ""],
      ],
    },
    load: "list",
  },
  {
    id: "sorted-fleet",
    does: "the order of the bots is kept",
    instead: "each list sorts them",
    file: "server/src/http/sorted-fleet.ts",
    without: {
      edits: [
        [
          "if (this.#next === null) {",
          `const sorted = [...this.#fleet.bots()].sort((a, b) => (a.channel < b.channel ? -1 : 1));
    if (sorted.length >= 0) return Promise.resolve(sorted);
    if (this.#next === null) {`,
        ],
      ],
    },
    load: "list",
  },
  {
    id: "gathered-text",
    does: "short texts are gathered before they are copied into a piece",
    instead: "each is copied",
    file: "server/src/byte-pieces.ts",
    without: { edits: [["if (this.#text.length >= gatheredLength) this.#copy();", "this.#copy();"]] },
    load: "scrape",
  },
  {
    id: "piece-pool",
    does: "pieces of an answer that were sent are filled again",
    instead: "each is new",
    file: "server/src/byte-pieces.ts",
    without: {
      edits: [["if (buffer.byteLength === pieceBytes) this.#spares.giveBack(buffer);", "void buffer;"]],
    },
    load: "scrape",
  },
  {
    id: "kept-labels",
    does: "the labels of a bot are kept",
    instead: "each scrape makes them",
    file: "server/src/metrics/bot-metrics.ts",
    without: { edits: [["if (known?.bot === bot) return known.labels;", ""]] },
    load: "scrape",
  },
];

/** Of looks at processes. */
const looks: readonly Trick[] = [
  {
    id: "stat-places",
    does: "the fields of a stat file are found by their places, in an array that is used again",
    instead: "the text is cut at each space",
    file: "server/src/sampling/proc-stat.ts",
    without: {
      edits: [
        [
          "if (findFields(text, close + 2) < leastFields) return null;",
          `const fields = text.slice(close + 2, -1).split(" ");
  const field = (_: string, number: number) => fields[number - 3] as string;
  if (fields.length < leastFields) return null;`,
        ],
      ],
    },
    load: "looks",
  },
  {
    id: "stat-buffer",
    does: "a stat file is read into a buffer that is used again",
    instead: "into a new one, by readFileSync",
    file: "server/src/sampling/proc-reader.ts",
    without: {
      edits: [
        [
          "import { closeSync, openSync, readSync }",
          "import { closeSync, openSync, readFileSync, readSync }",
        ],
        [
          "const descriptor = openSync(",
          "if (path !== '') return readFileSync(this.#root + '/' + path, 'latin1');\n    const descriptor = openSync(",
        ],
      ],
    },
    load: "looks",
  },
  {
    id: "gone-listing",
    does: "one listing of the processes answers for all that were gone before",
    instead: "each is looked at",
    file: "server/src/sampling/proc-probe.ts",
    without: { edits: [["this.#goneBefore > 0 ? await this.#reader.pids() : null", "null"]] },
    load: "looks at what is gone",
  },
];

/** Each trick of the data path. */
export const tricks: readonly Trick[] = [...calls, ...messages, ...answers, ...looks];
