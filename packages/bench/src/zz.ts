import { faultsOfTold, toldOverKills } from "/work/main/packages/server/test/daemon/monitor-kills.js";

const told = await toldOverKills(100);
console.log(JSON.stringify(faultsOfTold(told)), [...told.values()].flat().length, told.size);
process.exit(0);
