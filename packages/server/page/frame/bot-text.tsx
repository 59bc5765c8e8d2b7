import { plainText } from "./plain-text.js";

/** A text that a bot chose: as text, with a direction of its own, whole in its title. */
export function BotText({ text }: { readonly text: string }) {
  const plain = plainText(text);
  return <bdi title={plain}>{plain}</bdi>;
}
