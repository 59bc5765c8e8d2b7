/*
 * The fixtures as the tests and `kissbot-conformance` read them: from the files that are shipped.
 */
export {
  allowedReports,
  type Chunking,
  canonical,
  chunkings,
  chunkOf,
  cutBy,
  type DecodeFixture,
  type EncodeFixture,
  type Fixture,
  fixturePath,
  type Manifest,
  manifest,
  type Report,
  readCases,
  readFixture,
  untagged,
} from "../conformance/fixture.js";
