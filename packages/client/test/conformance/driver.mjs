// The driver of this client for `kissbot-conformance`: one JSON object per line on stdin and
// stdout. It uses what is built, as a bot does.
import process from "node:process";
import { encode, LineDecoder } from "@kissbot/protocol";
import { MonitorClient } from "../../dist/index.js";

const clients = new Map();
const microseconds = () => Number(process.hrtime.bigint()) / 1000;

/** The value that a tagged one stands for. */
function untagged(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  if ("$number" in value) return Number(value.$number);
  if ("$string" in value) return value.$string.map(textOf).join("");
  const pairs = "$entries" in value ? value.$entries : Object.entries(value);
  return Object.fromEntries(pairs.map(([name, field]) => [untagged(name), untagged(field)]));
}

function textOf(part) {
  if (typeof part === "string") return part;
  return "utf16" in part ? String.fromCharCode(...part.utf16) : part.repeat.repeat(part.times);
}

/** The fields of the wire that each call takes, as the client names them. */
const usageNames = {
  model: "model",
  feature: "feature",
  tokens_in: "tokensIn",
  tokens_out: "tokensOut",
  latency_ms: "latencyMs",
  provider: "provider",
  tokens_cached: "tokensCached",
  tokens_cache_write: "tokensCacheWrite",
  cost_usd: "costUsd",
  error: "error",
};
const calls = {
  register: {
    names: { features: "features" },
    act: (client, { features = {} }) => client.register(features),
  },
  heartbeat: { names: { rss_mb: "rssMb", cpu_pct: "cpuPct" }, act: (client, load) => client.heartbeat(load) },
  unregister: { names: {}, act: (client) => client.unregister() },
  llm_usage: { names: usageNames, act: (client, report) => client.logLlmUsage(report) },
  custom_metric: {
    names: { metric_name: "name", value: "value" },
    act: (client, { name, value }) => client.logMetric(name, value),
  },
};

/** One call, with how long it took. The promise that it gives is not waited for. */
function timed(act) {
  let raised;
  const from = microseconds();
  try {
    const given = act();
    given?.catch?.((error) => {
      process.stderr.write(`a promise was rejected: ${error}\n`);
      process.exit(70);
    });
  } catch (error) {
    raised = String(error);
  }
  return { took_us: microseconds() - from, ...(raised === undefined ? {} : { raised }) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Many calls, each timed alone; the event loop turns after each thousand. */
async function timedBurst(count, act) {
  const took = new Float64Array(count);
  let raised;
  for (let i = 0; i < count; i++) {
    const one = timed(() => act(i));
    took[i] = one.took_us;
    raised ??= one.raised;
    if (i % 1_000 === 999) await turn();
  }
  took.sort();
  const at = (share) => took[Math.min(count - 1, Math.floor(count * share))] ?? 0;
  const percentiles = { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: took[count - 1] ?? 0 };
  return { took_us: percentiles, ...(raised === undefined ? {} : { raised }) };
}

function* chunksOf(chunks) {
  for (const one of chunks) {
    const chunk = Buffer.from(typeof one === "string" ? one : one.chunk, "base64");
    for (let times = one.times ?? 1; times > 0; times--) yield chunk;
  }
}

const commands = {
  hello: () => ({
    driver: 1,
    protocol: "1.1",
    implementation: { name: "@kissbot/client", language: "javascript" },
    pid: process.pid,
    can: ["decode", "encode", "conduct"],
    bounds: { lines: 1_024, bytes: 262_144 },
    timer: true,
    batches: true,
    interval: true,
  }),
  noop: () => ({}),
  decode({ chunks }) {
    const events = [];
    const decoder = new LineDecoder();
    const on = (result) =>
      events.push(
        result.ok
          ? { message: result.message }
          : { rejected: result.reason, ...(result.field === undefined ? {} : { field: result.field }) },
      );
    for (const chunk of chunksOf(chunks)) decoder.push(chunk, on);
    decoder.end(on);
    return { events };
  },
  encode({ message }) {
    try {
      return { line: Buffer.from(encode(untagged(message))).toString("base64") };
    } catch (error) {
      return { refused: error.message.split(":")[0] };
    }
  },
  open({ client, channel, socket, interval_s }) {
    try {
      const opened = new MonitorClient(
        channel,
        process.pid,
        socket === undefined ? {} : { socketPath: socket },
      );
      clients.set(client, { opened, interval_s });
      return {};
    } catch (error) {
      return { raised: String(error) };
    }
  },
  call({ client, do: name, fields = {} }) {
    const { opened, interval_s } = clients.get(client);
    const { names, act } = calls[name];
    const given = untagged(fields);
    if (Object.keys(given).some((field) => !(field in names))) return { unrepresentable: true };
    const own = Object.fromEntries(Object.entries(given).map(([field, value]) => [names[field], value]));
    const answer = timed(() => act(opened, own));
    if (name === "register" && interval_s !== undefined)
      opened.startHeartbeat({ intervalMs: 1_000 * interval_s });
    return answer;
  },
  async burst({ client, count, from, fields = {} }) {
    const { opened } = clients.get(client);
    const { metric_name: name = "n" } = untagged(fields);
    return await timedBurst(count, (i) => opened.logMetric(name, from + i));
  },
  async control({ count }) {
    const message = { type: "custom_metric", channel: "lounge", metric_name: "n", value: 0 };
    return await timedBurst(count, (i) => {
      message.value = i;
      encode(message);
    });
  },
  stats({ client }) {
    const { dropped, waiting, sent } = clients.get(client).opened.stats();
    return { lost: dropped.buffer_full + dropped.connection_lost, held: waiting, sent };
  },
  async close({ client, timeout_ms }) {
    const from = microseconds();
    await clients.get(client).opened.close({ timeoutMs: timeout_ms });
    return { took_us: microseconds() - from };
  },
};

function end({ how, code }) {
  if (how === "code") process.exit(code);
  process.stdin.destroy();
  if (how === "crash")
    setImmediate(() => {
      throw new Error("the bot crashes");
    });
}

async function answer(command) {
  if (command.cmd === "exit") {
    end(command);
    return;
  }
  const own = (await commands[command.cmd]?.(command)) ?? { unsupported: true };
  process.stdout.write(`${JSON.stringify({ seq: command.seq, ...own })}\n`);
}

// Not by readline, which also splits at U+2028.
let rest = [];
let pending = Promise.resolve();
process.stdin.on("data", (chunk) => {
  let from = 0;
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, from)) {
    const line = Buffer.concat([...rest, chunk.subarray(from, at)]).toString();
    rest = [];
    from = at + 1;
    pending = pending.then(() => answer(JSON.parse(line)));
  }
  rest.push(chunk.subarray(from));
});
