// The store takes better-sqlite3 13, or 12.9.0 under Node 20. npm chooses by the Node that runs; pnpm writes one of
// them into the lock file, the newest. So the root names 12.9.0 beside it, where every package finds it that has none of
// its own, and here it is said to be for Node 20 alone: under a newer Node it is neither fetched nor compiled.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === "better-sqlite3" && manifest.version?.startsWith("12.")) {
        manifest.engines = { node: "20.x" };
      }
      return manifest;
    },
  },
};
