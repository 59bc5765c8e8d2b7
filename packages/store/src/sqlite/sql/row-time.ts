/**
 * The start of a row's hour or minute in milliseconds, from the first characters of its timestamp;
 * null for what is no time.
 */
export const hourOf = (ts: string) => `unixepoch(substr(${ts}, 1, 13) || ':00:00') * 1000`;
export const minuteOf = (ts: string) => `unixepoch(substr(${ts}, 1, 16) || ':00') * 1000`;
