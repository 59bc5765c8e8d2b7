import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TemporaryFolder, until } from "@kissbot/testkit";

const page = readFileSync(
  fileURLToPath(new URL("../../../../../docs/dashboard.md", import.meta.url)),
  "utf8",
);

/** The block of docs/dashboard.md in that language. */
export function proxySnippet(language: "nginx" | "caddy"): string {
  const [, text] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/dashboard.md has no block for ${language}`);
  return text;
}

/** Whether this machine has nginx; where it has none, what needs it is skipped. */
export const hasNginx = spawnSync("nginx", ["-v"]).status === 0;

/** nginx with the block of the documentation, in front of a monitor; it ends with `stop`. */
export async function startNginx(monitor: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = new TemporaryFolder("nginx");
  const port = await freePort();
  const block = proxySnippet("nginx").replace("127.0.0.1:7788", new URL(monitor).host);
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(folder.file(name));
  const file = folder.file("nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder.path, name.replace("client_", ""))};`)
    .join("\n");
  writeFileSync(
    file,
    `daemon off;\nmaster_process off;\npid ${folder.file("pid")};\nerror_log stderr;\nevents {}\n` +
      `http {\naccess_log off;\n${temporary}\nserver {\nlisten 127.0.0.1:${port};\n${block}\n}\n}\n`,
  );
  const nginx = spawn("nginx", ["-c", file, "-p", folder.path], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  nginx.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(nginx, "exit");
  await until(
    "nginx listens",
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
        socket.once("connect", () => socket.destroy());
      }),
    { describe: () => said },
  );
  return {
    url: `http://127.0.0.1:${port}/tools/kissbot/`,
    stop: async () => {
      nginx.kill("SIGTERM");
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
