// A driver whose encoder knows heartbeats only, and writes some of them wrong.
import process from "node:process";
import { createInterface } from "node:readline";

const protocol = process.argv[2] ?? "1.1";
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

createInterface({ input: process.stdin }).on("line", (text) => {
  const { seq, cmd, message } = JSON.parse(text);
  if (cmd === "hello") {
    say({
      seq,
      driver: 1,
      protocol,
      implementation: { name: "wrong", language: "javascript" },
      can: ["encode"],
    });
  } else if (cmd !== "encode") say({ seq, unsupported: true });
  else if (message?.type === "unregister") say({ seq, unrepresentable: true });
  else if (message?.type === "register")
    say({ seq, line: Buffer.from('{"type":"register"}\n').toString("base64") });
  else if (message?.type === "llm_usage") say({ seq, refused: "model" });
  else say({ seq, line: Buffer.from(JSON.stringify(message)).toString("base64") });
});
