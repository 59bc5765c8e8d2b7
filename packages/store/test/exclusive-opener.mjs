// Opens a database as its one monitor, until it is killed: node exclusive-opener.mjs DIST PATH
const [, , dist, path] = process.argv;
const { openStore } = await import(dist);
try {
  await openStore(path, { exclusive: true });
  console.log("opened");
} catch (error) {
  console.log(error.code, error.message);
}
setInterval(() => undefined, 60_000);
