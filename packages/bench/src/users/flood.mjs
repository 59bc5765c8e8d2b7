// Writes calls of one bot as fast as the kernel takes them: flood.mjs SOCKET CHANNEL.
import { connect } from "node:net";
import process from "node:process";

const [path, channel] = process.argv.slice(2);
const call = { type: "llm_usage", channel, model: "m", feature: "f", tokens_in: 1, tokens_out: 1 };
const rows = `${JSON.stringify(call)}\n`.repeat(500);
const socket = connect(path);
const write = () => {
  while (socket.write(rows));
};
socket.on("drain", write).on("connect", write);
socket.on("error", () => process.exit());
