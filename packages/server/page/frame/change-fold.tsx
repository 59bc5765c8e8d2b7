import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { usePage } from "./page-context.js";

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

interface ChangeFoldProps {
  /** What is changed, as the line that opens the form and its button say it. */
  readonly title: string;
  /** What is said when it was done. */
  readonly done: string;
  /** Where it is sent. */
  readonly path: string;
  /** The label of the field for the reason. */
  readonly why?: string;
  /** What is sent of what was filled in; all of it, if not given. */
  readonly fields?: (filled: Readonly<Record<string, string>>) => object;
  /** Fields that stand before name and reason. */
  readonly children?: ComponentChildren;
}

/** A form that changes something, behind a line that opens it: nothing changes by one click. */
export function ChangeFold({ title, done, path, why, fields, children }: ChangeFoldProps) {
  const page = usePage();
  const [message, setMessage] = useState("");
  return (
    <details class="more">
      <summary>{title}</summary>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          const filled = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
          page.by = filled["by"] ?? "";
          page.api.change(path, fields === undefined ? filled : fields(filled)).then(
            () => setMessage(done),
            (error: Error) => setMessage(error.message),
          );
        }}
      >
        {children}
        <Words name="by" label="Who you are" value={page.by} most={64} />
        {why !== undefined && <Words name="why" label={why} most={256} />}
        <button type="submit">{title}</button>
        <span role="status">{message}</span>
      </form>
    </details>
  );
}

interface WordsProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  /** How many characters. */
  readonly most: number;
}

/** A line that must be filled in. */
export function Words({ name, label, value = "", most }: WordsProps) {
  return (
    <input
      name={name}
      required
      maxLength={most}
      placeholder={label}
      aria-label={label}
      defaultValue={value}
    />
  );
}
