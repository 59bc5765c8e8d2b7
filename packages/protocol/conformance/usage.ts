/** What a person asked for that the command does not understand: a sentence, and exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `kissbot-conformance: shows whether a client of the KissBot Monitor protocol is a good one.

  kissbot-conformance run     [options] -- COMMAND...   all suites that the driver says it can
  kissbot-conformance decode|encode|conduct [options] -- COMMAND...   one of them
  kissbot-conformance sender  [options] -- COMMAND...   any program that takes the socket's path as its last argument
  kissbot-conformance monitor --mode MODE --socket PATH [--bytes N]   the faulty monitor alone; what it sees goes to stdout
  kissbot-conformance judge   FILE.jsonl                a recorded timeline, or a file of fixtures
  kissbot-conformance list    [--json]                  cases, scenarios, rules

COMMAND starts the driver of the port: it speaks one JSON object per line on stdin and stdout.

  --level must|should|may    what has to pass (must)
  --only GLOB, --skip GLOB   cases by id, such as 'frozen:*', '*:C-3', 'number/*'; may be repeated
  --protocol 1.1             the newest version of the protocol that is asked
  --suite 1.2.0              the version of the suite that scores; later cases are run and reported only
  --known-failures FILE      what is known to fail; what it lists must fail, as it says
  --update-known-failures    writes that file anew
  --strict                   a rule that the run did not exercise is a failure
  --timeout SECONDS          for one answer of the driver (5)
  --lanes N                  scenarios that are played at a time (3); 1 for figures
  --long                     also the scenarios that take up to a minute each
  --report json=FILE, --report junit=FILE
  --json                     the report on stdout, in place of the table
  --trace FOLDER             writes the timeline of each scenario

Exit code 0: what has to pass did, and known failures failed as listed. 1: something else.
2: wrong usage, or the driver does not speak the protocol.
`;
