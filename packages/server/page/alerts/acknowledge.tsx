import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";

/** Whether the session was made with a token that may change something. */
export function useMayWrite(): boolean {
  const page = usePage();
  const [mayWrite, setMayWrite] = useState(false);
  useEffect(() => {
    page.api.session().then(
      (session) => setMayWrite(session.mayWrite),
      () => undefined,
    );
  }, [page]);
  return mayWrite;
}

/**
 * Somebody knows of the alert: the next answer of the monitor says so, and takes the fields away.
 */
export function Acknowledge({ id }: { readonly id: string }) {
  const page = usePage();
  const [message, setMessage] = useState("");
  return (
    <form
      class="tools"
      onSubmit={(event) => {
        event.preventDefault();
        const { by, why } = Object.fromEntries(new FormData(event.currentTarget));
        page.api.change(`api/v1/alerts/${encodeURIComponent(id)}/ack`, { by, why }).then(
          () => setMessage("Acknowledged."),
          (error: Error) => setMessage(error.message),
        );
      }}
    >
      <input name="by" required maxLength={64} placeholder="Who you are" aria-label="Who you are" />
      <input
        name="why"
        required
        maxLength={256}
        placeholder="What is done about it"
        aria-label="What is done about it"
      />
      <button type="submit">Acknowledge</button>
      <span role="status">{message}</span>
    </form>
  );
}
