import type { Batch } from "@kissbot/store";

export function numberedBatch(seq: number): Batch;
