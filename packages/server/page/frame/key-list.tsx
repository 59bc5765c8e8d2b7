import { useEffect, useRef } from "preact/hooks";
import { shortcuts } from "./shortcuts.js";

export const keyListId = "keys";

/** The list of keys, as a dialog that the browser opens, closes and gives the focus back from. */
export function KeyList() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const open = (event: Event) => {
      if (event.type === keyListId && dialog.current?.open === false) dialog.current.showModal();
    };
    window.addEventListener(keyListId, open);
    return () => window.removeEventListener(keyListId, open);
  }, []);
  return (
    <dialog ref={dialog} class="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        {shortcuts.map(({ keys, text }) => (
          <div key={keys}>
            <dt>{keys.split(" ").map((key) => (key === "–" ? key : <kbd key={key}>{key}</kbd>))}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
