/**
 * What an operator reads; every block and every command in a table or a list is run by
 * operator-docs.test.ts.
 */
export const operatorDocuments = [
  "packages/server/README.md",
  "docs/README.md",
  "docs/commands.md",
  "docs/deployment.md",
  "docs/configuration.md",
  "docs/alerts.md",
  "docs/dashboard.md",
  "docs/decisions/state-file.md",
  "docs/decisions/quiet-fleets.md",
  "docs/decisions/serving-the-page.md",
  "docs/decisions/control-socket.md",
  "docs/decisions/files-and-migrations.md",
  "docs/decisions/forgetting.md",
  "docs/decisions/ledger-of-notices.md",
  "docs/decisions/liveness.md",
  "docs/decisions/page-bundle.md",
  "docs/decisions/postponed.md",
  "docs/decisions/pricing.md",
  "docs/decisions/protocol-rulings.md",
  "docs/decisions/protocol-versions.md",
  "docs/decisions/rollups-and-retention.md",
  "docs/migration.md",
  "docs/checklist.md",
  "docs/architecture.md",
  "docs/index.md",
  "docs/glossary.md",
  "docs/summary.md",
  "docs/CONTRIBUTING.md",
];
