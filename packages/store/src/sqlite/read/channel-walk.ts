/** Tables whose index begins with the channel. */
type Walked =
  | "bot_metrics"
  | "llm_usage"
  | "monitor_metric_minutes"
  | "monitor_metric_hours"
  | "monitor_usage_hours";

/**
 * The distinct channels of a table as the CTE `walk (name)`, each found by one seek in its index.
 * SQLite has no skip scan without statistics, and no index begins with the time; so a question
 * about everybody asks about each, which reads only the rows of the period. With a channel given,
 * the walk is that one.
 */
export function walkChannels(
  table: Walked,
  channel: string | undefined,
): { readonly sql: string; readonly values: readonly string[] } {
  if (channel !== undefined) return { sql: "WITH walk (name) AS (SELECT ?)", values: [channel] };
  const sql = `WITH RECURSIVE walk (name) AS (
    SELECT * FROM (SELECT channel FROM ${table} ORDER BY channel LIMIT 1)
    UNION ALL
    SELECT (SELECT channel FROM ${table} WHERE channel > walk.name ORDER BY channel LIMIT 1) FROM walk WHERE walk.name IS NOT NULL
  )`;
  return { sql, values: [] };
}
