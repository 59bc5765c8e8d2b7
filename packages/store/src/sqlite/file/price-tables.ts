/**
 * What of the cost is known. In the hours, `covered_calls` says of how many calls the two columns
 * before it know, since an older version adds calls without a word of them.
 */
export const pricedCalls = `
ALTER TABLE monitor_usage_extras ADD COLUMN price_id INTEGER;
CREATE TABLE monitor_prices (
  price_id INTEGER PRIMARY KEY NOT NULL,
  source TEXT NOT NULL,
  version TEXT NOT NULL,
  provider TEXT,
  model TEXT NOT NULL,
  price_json TEXT NOT NULL,
  first_used_ms INTEGER NOT NULL
) STRICT;
ALTER TABLE monitor_usage_hours ADD COLUMN told_usd REAL;
ALTER TABLE monitor_usage_hours ADD COLUMN cost_tokens REAL;
ALTER TABLE monitor_usage_hours ADD COLUMN covered_calls INTEGER;
`;
