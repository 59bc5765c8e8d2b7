import { useState } from "preact/hooks";
import { copyText } from "./copy-text.js";

/** Lines that somebody copies, such as a command. */
export function Command({ title, text }: { readonly title: string; readonly text: string }) {
  const [isCopied, setIsCopied] = useState(false);
  return (
    <figure class="command">
      <figcaption>
        {title}
        <button type="button" onClick={() => void copyText(text).then(setIsCopied)}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the window scrolls, also by keys. */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
