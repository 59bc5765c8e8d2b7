import { runCommand } from "./command.mjs";
import { inScratch } from "./scratch.mjs";

/**
 * The help of the program, of every command that it names, and of every command that these name.
 */
export function helpTexts() {
  return inScratch(async (folder) => {
    const texts = await helpBelow([], folder);
    return { "help.txt": texts.join("\n") };
  });
}

async function helpBelow(command, folder) {
  const { stdout, stderr, code } = await runCommand([...command, "--help"], folder);
  if (code !== 0) throw new Error(`${command.join(" ")} --help: ${stderr}`);
  const title = `$ ${["kissbot-monitor", ...command, "--help"].join(" ")}\n`;
  const below = await Promise.all(commandsIn(stdout).map((name) => helpBelow([...command, name], folder)));
  return [`${title}${stdout}`, ...below.flat()];
}

/**
 * Commands stand in groups of their own, each line indented by two; no line of options or examples
 * looks like one.
 */
function commandsIn(help) {
  return help
    .split(/\n(?=\S)/)
    .filter((section) => !/^(?:Usage|Options|Examples|Arguments)\b/.test(section))
    .flatMap((section) => [
      ...section.matchAll(/^ {2}([a-z][a-z_-]*)(?:\|[a-z]+)?(?: \[options\]| <[^>]+>| \[[^\]]+\])* {2,}\S/gm),
    ])
    .map(([, name]) => name);
}
