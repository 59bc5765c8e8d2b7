// Holds a lock until it is killed: node file-lock-holder.mjs DIST PATH
const [, , dist, path] = process.argv;
const { takeFileLock } = await import(dist);
console.log(takeFileLock(path).kind);
setInterval(() => undefined, 60_000);
