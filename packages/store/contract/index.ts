export type { ContractCase, OpenedStore, OpenRequest, OpenStoreUnderTest } from "./contract-case.js";
export { type ContractOptions, contractCases, storeContract } from "./store-contract.js";
