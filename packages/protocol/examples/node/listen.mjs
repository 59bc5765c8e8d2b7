#!/usr/bin/env node
// A listener for those who write a client: it says what each line that arrives was decoded to, or
// why it was rejected.
//
//   node listen.mjs [--socket PATH]
//
// Like a monitor it never writes back. Lines go to stdout, one JSON object each; everything else
// goes to stderr.
import { lstatSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";
import { LineDecoder } from "@kissbot/protocol";

const usage = `Usage: listen.mjs [--socket PATH]

  --socket PATH   the Unix socket to listen on; without it KISSBOT_MONITOR_SOCKET, else /tmp/kissbot_monitor.sock`;

const path = socketPathFrom(process.argv.slice(2));
await removeStaleSocket(path);

const connections = new Set();
const server = createServer((connection) => {
  const decoder = new LineDecoder();
  const report = (result) => print(result, decoder.preview);
  connections.add(connection);
  connection.on("data", (chunk) => decoder.push(chunk, report));
  connection.on("error", (error) => console.error(`connection: ${error.message}`));
  connection.on("close", () => {
    connections.delete(connection);
    decoder.end(report);
  });
});
server.on("error", (error) => fail(1, `Cannot listen on ${path}: ${error.message}`));
server.listen(path, () => {
  console.error(`Listening on ${path}; Ctrl-C ends it. Try, in another shell:\n\n  ${lineToTry(path)}\n`);
});
// Whoever read our output has gone, as in `listen.mjs | head`.
process.stdout.on("error", stop);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

/**
 * The socket to listen on, from the flags, the environment or the default; ends the process at a
 * flag it does not know.
 */
function socketPathFrom(args) {
  let flags;
  try {
    flags = parseArgs({ args, options: { socket: { type: "string" }, help: { type: "boolean" } } }).values;
  } catch (error) {
    fail(2, `${error.message}\n\n${usage}`);
  }
  if (flags.help) {
    console.log(usage);
    process.exit(0);
  }
  if (flags.socket === "") fail(2, `--socket: expected a path, got ""\n\n${usage}`);
  return flags.socket ?? (process.env.KISSBOT_MONITOR_SOCKET || "/tmp/kissbot_monitor.sock");
}

/**
 * Makes room where a listener that was killed left its socket file. Only a socket that refuses
 * connections is stale: one that answers belongs to somebody, and a file that is no socket is none
 * of our business.
 */
async function removeStaleSocket(path) {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return;
  if (!file.isSocket()) fail(1, `${path} is there and is no socket; name another path with --socket.`);
  const error = await new Promise((resolve) => {
    const probe = connect(path, () => resolve(undefined)).once("error", resolve);
    probe.once("connect", () => probe.destroy());
  });
  if (error === undefined)
    fail(1, `Somebody listens on ${path} already; stop it or name another path with --socket.`);
  if (error.code !== "ECONNREFUSED") fail(1, `Cannot tell who owns ${path}: ${error.message}`);
  rmSync(path, { force: true });
}

function print(result, preview) {
  const { reason, field } = result;
  console.log(escaped(JSON.stringify(result.ok ? result : { ok: false, reason, field, preview })));
}

/**
 * What a stranger sent, safe for a terminal: JSON.stringify leaves DEL, the C1 controls and
 * bidirectional overrides as they are.
 */
function escaped(json) {
  return json.replace(/\p{Cc}|\p{Cf}/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i))}`).join(""),
  );
}

function hex(unit) {
  return unit.toString(16).padStart(4, "0");
}

function lineToTry(path) {
  const line = '{"type":"heartbeat","channel":"lounge","pid":4242}';
  const program = 'require("net").connect(process.argv[1]).end(process.argv[2]+"\\n")';
  return `node -e '${program}' ${quoted(path)} '${line}'`;
}

function quoted(argument) {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}

function stop() {
  // Closing the server removes the socket file.
  server.close(() => process.exit(0));
  for (const connection of connections) connection.destroy();
}

function fail(code, text) {
  console.error(text);
  process.exit(code);
}
