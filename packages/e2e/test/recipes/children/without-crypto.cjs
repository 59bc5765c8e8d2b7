// matrix-bot-sdk loads its addon for encryption even where no room is encrypted. Here it gets an
// empty module: only an install script could bring the addon, and none runs.
const Module = require("node:module");

const load = Module._load;
Module._load = function loadWithoutCrypto(name, ...rest) {
  if (name === "@matrix-org/matrix-sdk-crypto-nodejs") return {};
  return load.call(this, name, ...rest);
};
