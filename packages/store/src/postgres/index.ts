export { openPostgresStore } from "./postgres-store.js";
export {
  type PostgresHost,
  type PostgresUrl,
  parsePostgresUrl,
  shownUrl,
  type TlsMode,
} from "./postgres-url.js";
