// npm's and pnpm's words for a registry that does not answer, or says no, in one sentence.
import process from "node:process";

const unreachable =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EAI_FAIL|ENETUNREACH|EHOSTUNREACH|ENETDOWN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|FETCH_ERROR|EPROTO|ENOTCACHED|CERT_[A-Z_]+|[A-Z_]*SELF_SIGNED[A-Z_]*|UNABLE_TO_[A-Z_]+|UND_ERR_[A-Z_]+|ERR_PNPM_META_FETCH_FAIL)\b/;
const refused = /\b(?:E|ERR_PNPM_FETCH_)(401|403|404|407|429|5\d\d)\b/;

/**
 * What the output of a failed installation says of the network; undefined if it failed for another
 * reason.
 */
export function networkFailureIn(output) {
  const code = unreachable.exec(output)?.[1];
  const status = refused.exec(output)?.[1];
  if (code === undefined && status === undefined) return undefined;
  const what = status === undefined ? `cannot be reached (${code})` : `answers ${status}`;
  return `the package registry${hostIn(output)} ${what}. Check the network and npm's setting "registry", and run this again.`;
}

/** The first address that is named, without what may be secret in it. */
function hostIn(output) {
  for (const text of [...(output.match(/https?:\/\/[^\s'"]+/g) ?? []), process.env.npm_config_registry]) {
    if (URL.canParse(text ?? "")) return ` ${new URL(text).origin}`;
  }
  return "";
}
