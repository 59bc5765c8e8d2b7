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
  "docs/migration.md",
  "docs/checklist.md",
  "docs/architecture.md",
  "docs/index.md",
  "docs/summary.md",
  "docs/CONTRIBUTING.md",
];
