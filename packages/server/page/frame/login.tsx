import { useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure } from "../link/api.js";
import { usePage } from "./page-context.js";

/** Asks for the token of `--http-token`. The URL stays, so that the page behind it comes back. */
export function Login() {
  const page = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [message, setMessage] = useState("");
  const [isSending, setIsSending] = useState(false);
  useEffect(() => field.current?.focus(), []);

  const logIn = async (token: string) => {
    setIsSending(true);
    setMessage("");
    try {
      await page.api.logIn(token);
      page.connection.retry();
    } catch (error) {
      setMessage(messageOf(error));
      field.current?.select();
    } finally {
      setIsSending(false);
    }
  };

  return (
    <main class="login">
      <h1>Log in</h1>
      <p>This monitor shows its bots only to those who have its token (--http-token).</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void logIn(field.current?.value ?? "");
        }}
      >
        <label for="token">Token</label>
        <input id="token" ref={field} type="password" autocomplete="current-password" required />
        <button type="submit" disabled={isSending}>
          Log in
        </button>
      </form>
      <p class="bad" role="alert">
        {message}
      </p>
    </main>
  );
}

function messageOf(error: unknown): string {
  if (!(error instanceof ApiFailure)) return "That did not work.";
  if (error.status === 401) return "This is not the token of this monitor.";
  if (error.status === 429) return "Too many tries at once. Try again in a moment.";
  return `${error.message.replace(/^\w/, (letter) => letter.toUpperCase())}.`;
}
