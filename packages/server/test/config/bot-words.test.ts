import { describe, expect, test } from "vitest";
import { BotWordBook } from "../../src/config/bot-words.js";
import { problemsOf, resolve } from "./resolved.js";

/** A file whose section of bots has these entries. */
const file = (...entries: readonly string[]) =>
  `monitoring:\n  bots:\n${entries.map((entry) => `    - ${entry}\n`).join("")}`;

const entriesOf = (...entries: readonly string[]) => resolve({}, {}, file(...entries)).settings.bots;
const bookOf = (...entries: readonly string[]) => new BotWordBook(entriesOf(...entries));
const faults = (...entries: readonly string[]) => problemsOf({}, {}, file(...entries));

describe("the section bots", () => {
  test("may be absent or empty, and holds what is said of which bots", () => {
    expect(resolve({}, {}, "monitoring:\n  name: a\n").settings.bots).toEqual([]);
    expect(resolve({}, {}, "monitoring:\n  bots:\n").settings.bots).toEqual([]);
    expect(
      entriesOf(
        '{ match: "twitch/*", note: Ask Kim first., runbook: "https://wiki.example.org/a?b#c", labels: { team: a, tier: 1 } }',
        "{ match: [discord/a, discord/b], expect: always }",
      ),
    ).toEqual([
      {
        match: ["twitch/*"],
        note: "Ask Kim first.",
        runbook: "https://wiki.example.org/a?b#c",
        labels: { team: "a", tier: "1" },
        expectAlways: false,
      },
      { match: ["discord/a", "discord/b"], note: null, runbook: null, labels: {}, expectAlways: true },
    ]);
  });

  test("has each fault told with its line, its path and what was expected [alerts/A34]", () => {
    const at = "kb.yaml:3";
    expect(faults("{ note: a }")).toEqual([
      expect.stringMatching(`^${at}:\\d+ monitoring.bots\\[0\\]: expected the key match`),
    ]);
    expect(faults('{ match: "a" }')).toEqual([
      expect.stringMatching(`^${at}:\\d+ monitoring.bots\\[0\\]: expected one of the keys note, runbook`),
    ]);
    expect(faults('{ match: "a", runbok: "https://a.example" }')).toEqual([
      expect.stringMatching(`^${at}:\\d+ .*has no key "runbok": did you mean runbook\\?`),
    ]);
    expect(faults('{ match: "a", expect: sometimes }')).toEqual([
      expect.stringMatching(`^${at}:\\d+ monitoring.bots\\[0\\].expect: expected always; got "sometimes"`),
    ]);
    expect(faults('{ match: "a b", note: a }')).toEqual([expect.stringContaining("expected a channel")]);
    expect(faults('{ match: "a", labels: { "1": a } }')).toEqual([
      expect.stringContaining("expected a name of letters, digits"),
    ]);
    expect(faults(`{ match: "a", note: "${"x".repeat(513)}" }`)).toEqual([
      expect.stringContaining("expected a text of 1 to 512 characters on one line"),
    ]);
    expect(faults("{ match: a, note: b }", "{ match: a, expect: never }")).toEqual([
      expect.stringMatching(/^kb\.yaml:4:\d+ monitoring\.bots\[1\]\.expect/),
    ]);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,a",
    "file:///etc/passwd",
    "ftp://a.example/",
    "//a.example/",
    "/wiki",
    "wiki.example.org",
    "https://",
    "https:a.example",
    "https://user:secret@a.example/",
    "https://a.example/two words",
    "https://a.example/\\u200b",
    `https://a.example/${"x".repeat(2_048)}`,
  ])("takes no runbook %s: a click may lead to http and https alone", (runbook) => {
    expect(faults(`{ match: "a", runbook: "${runbook}" }`)).toEqual([
      expect.stringContaining("monitoring.bots[0].runbook: expected an address"),
    ]);
  });
});

describe("the words on a bot", () => {
  test("are those of all entries that match: the first note and runbook, and the first label of each name", () => {
    const book = bookOf(
      "{ match: twitch/main, note: first, labels: { team: a } }",
      '{ match: "twitch/*", note: second, runbook: "https://two.example", labels: { team: b, tier: gold } }',
      '{ match: "*", runbook: "https://three.example", expect: always }',
    );
    expect(book.wordsOn("twitch/main")).toEqual({
      note: "first",
      runbook: "https://two.example",
      labels: { team: "a", tier: "gold" },
      expectAlways: true,
    });
    expect(book.wordsOn("discord/a")).toEqual({
      note: null,
      runbook: "https://three.example",
      labels: {},
      expectAlways: true,
    });
    expect(book.wordsOn("twitch/main")).toBe(book.wordsOn("twitch/main"));
  });

  test("are none where no entry matches", () => {
    expect(new BotWordBook([]).wordsOn("a")).toBeNull();
    expect(bookOf("{ match: a, note: b }").wordsOn("ab")).toBeNull();
  });

  test("stay right however many channels are asked for", () => {
    const book = bookOf('{ match: "a*", note: b }');
    for (let n = 0; n < 45_000; n++) {
      expect(book.wordsOn(`a${n}`)?.note).toBe("b");
      expect(book.wordsOn(`b${n}`)).toBeNull();
    }
  });

  test("name the bots that are always expected, also those never heard of, where they are named in full", () => {
    const book = bookOf(
      "{ match: [a, b], expect: always }",
      '{ match: ["twitch/*", b, c], expect: always }',
      "{ match: d, note: e }",
    );
    expect(book.expectedChannels).toEqual(["a", "b", "c"]);
  });
});
