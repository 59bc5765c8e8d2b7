import type { IncomingMessage } from "node:http";
import { FarSide, type Question, type Reply, type WebSocket } from "./far-side.js";

/** Twitch's chat: login, one room, and somebody who speaks. */
export class Twitch extends FarSide {
  /** What bots said in the room. */
  readonly heard: string[] = [];
  refusesLogin = false;
  readonly #inRoom = new Set<WebSocket>();

  /** Whether a bot is in the room. */
  get isJoined(): boolean {
    return this.#inRoom.size > 0;
  }

  say(text: string): void {
    for (const socket of this.#inRoom)
      socket.send(`@display-name=Ann;user-id=1 :ann!ann@ann.tmi.twitch.tv PRIVMSG #lounge :${text}\r\n`);
  }

  limitRate(): void {
    const notice = "Your message was not sent because you are sending messages too quickly.";
    for (const socket of this.#inRoom)
      socket.send(`@msg-id=msg_ratelimit :tmi.twitch.tv NOTICE #lounge :${notice}\r\n`);
  }

  /** tmi.js asks for emotes at an address that Twitch has given up. */
  protected override answer({ path }: Question): Reply {
    if (path !== "/kraken/chat/emoticon_images") throw new Error(`Twitch does not know ${path}`);
    return { status: 410, json: { error: "Gone", status: 410, message: "It's time to kraken down." } };
  }

  protected override connected(socket: WebSocket, _request: IncomingMessage): void {
    let name = "";
    socket.on("close", () => this.#inRoom.delete(socket));
    socket.on("message", (data) => {
      for (const line of data.toString().split("\r\n")) {
        const [command, ...words] = line.split(" ");
        if (command === "PING") socket.send("PONG :tmi.twitch.tv\r\n");
        if (command === "PRIVMSG") this.heard.push(words.slice(1).join(" ").slice(1));
        if (command === "NICK") {
          [name = ""] = words;
          if (this.refusesLogin) socket.send(":tmi.twitch.tv NOTICE * :Login authentication failed\r\n");
          else socket.send(`:tmi.twitch.tv 001 ${name} :Welcome\r\n:tmi.twitch.tv 376 ${name} :>\r\n`);
        }
        if (command === "JOIN") {
          socket.send(`:${name}!${name}@${name}.tmi.twitch.tv JOIN ${words[0]}\r\n`);
          socket.send(`@display-name=${name};mod=0 :tmi.twitch.tv USERSTATE ${words[0]}\r\n`);
          this.#inRoom.add(socket);
        }
      }
    });
  }
}
