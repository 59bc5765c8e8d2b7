export function answer(handlers: Readonly<Record<string, (details: never) => unknown>>): void;
