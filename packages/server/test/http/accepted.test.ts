import { expect, test } from "vitest";
import { acceptsGzip, prefersHtml } from "../../src/http/accepted.js";

test.each([
  ["gzip", true],
  ["GZip ; Q=0.3", true],
  ["x-gzip", true],
  ["br, deflate, gzip", true],
  ["*", true],
  ["br;q=1.0, *;q=0.1", true],
  ["gzip, identity", true],
  ["identity;q=0, gzip;q=0.001", true],
  [undefined, false],
  ["", false],
  [",;,", false],
  ["identity", false],
  ["br", false],
  ["gzipped", false],
  ["gzip;q=0", false],
  ["gzip;q=0.000, *", false],
  ["*;q=0", false],
  ["gzip;q=nonsense", false],
  ["gzip;q=-1", false],
  ["identity, gzip;q=0.9", false],
])("Accept-Encoding %j: gzip is taken: %j [page/R24]", (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

test.each([
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
  ["text/html", true],
  ["text/html, application/json;q=0.9", true],
  ["TEXT/HTML;level=1", true],
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["text/*", false],
  ["application/json", false],
  ["application/json, text/html;q=0.9", false],
  ["application/json, text/html", false],
  ["text/html;q=0", false],
])("Accept %j: HTML is preferred: %j [page/R20]", (header, expected) => {
  expect(prefersHtml(header)).toBe(expected);
});
