// Loaded before the bot of a recipe: its TLS connections go, unencrypted, to the test's far side on
// this machine, so that the bot's code names the real hosts. Any other connection that would leave
// the machine fails.

import { syncBuiltinESMExports } from "node:module";
import { connect, Socket } from "node:net";
import process from "node:process";
import tls from "node:tls";

const port = Number(process.env.FAR_SIDE_PORT);

tls.connect = (...args) => {
  const socket = connect({ port, host: "127.0.0.1" });
  const ready = args.findLast((arg) => typeof arg === "function");
  if (ready !== undefined) socket.once("secureConnect", ready);
  socket.authorized = true;
  socket.encrypted = true;
  socket.alpnProtocol = false;
  socket.once("connect", () => socket.emit("secureConnect"));
  return socket;
};
syncBuiltinESMExports();

const connectSocket = Socket.prototype.connect;
Socket.prototype.connect = function connectLocally(...args) {
  // Node normalizes the arguments of `net.connect` into a list of its own.
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof options === "object" ? options.host : args[1];
  const leaves = host !== undefined && !["127.0.0.1", "localhost", "::1"].includes(host);
  if (leaves && options.path === undefined) throw new Error(`no connection to ${host} in a test`);
  return connectSocket.apply(this, args);
};
