import { trackLlm } from "@kissbot/client/llm";
import { type Median, medianOf } from "../median.js";
import type { Table } from "../table.js";

const calls = 100_000;
const chunks = 100;
const streams = 1_000;
const rounds = 7;

const usage = {
  prompt_tokens: 1_200,
  completion_tokens: 340,
  total_tokens: 1_540,
  prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
};
const answer = {
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, message: { role: "assistant", content: "42" }, finish_reason: "stop" }],
  usage,
};
const chunk = {
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, delta: { content: "4" }, finish_reason: null }],
  usage: null,
};
/** The report itself is measured by the other tables. */
const client = { logLlmUsage: () => true };
const options = { feature: "chat", model: "gpt-4o-mini" };

async function ask(): Promise<typeof answer> {
  return answer;
}

async function askForStream(): Promise<AsyncIterable<unknown>> {
  return (async function* () {
    for (let i = 1; i < chunks; i++) yield chunk;
    yield { ...chunk, choices: [], usage };
  })();
}

/** What `trackLlm` adds to a call, and to each chunk of a stream. */
export async function llmTable(): Promise<Table> {
  const subjects: readonly (readonly [string, number, () => Promise<void>])[] = [
    ["the call alone", calls, () => callMany(ask)],
    ["the call in trackLlm", calls, () => callMany(() => trackLlm(client, options, ask))],
    ["a chunk of a stream alone", streams * chunks, () => readMany(askForStream)],
    [
      "a chunk of a stream in trackLlm",
      streams * chunks,
      () => readMany(() => trackLlm(client, options, askForStream)),
    ],
  ];
  const times = subjects.map((): number[] => []);
  // Round by round, so that a busy moment of the machine hits every subject. The first warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, [, count, run]] of subjects.entries()) {
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times[i]?.push((user + system) / count);
    }
  }
  return {
    title: "What trackLlm adds to a call of a language model",
    method: `Calls that answer at once with a chat completion, and streams of ${chunks} chunks, in one process; CPU time of the process, so that a busy machine counts for little; median of ${rounds} runs (least to most). The report is left out: what it costs stands in the tables of calls. The target is 5 µs a call.`,
    columns: ["what", "µs"],
    rows: subjects.map(([name], i) => [name, cell(medianOf(times[i] ?? []))]),
  };
}

async function callMany(call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < calls; i++) await call();
}

async function readMany(call: () => Promise<AsyncIterable<unknown>>): Promise<void> {
  for (let i = 0; i < streams; i++) {
    let read = 0;
    for await (const _ of await call()) read++;
    if (read !== chunks) throw new Error(`${read} chunks`);
  }
}

function cell({ median, min, max }: Median): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
