import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { PageModel } from "./page-model.js";

const context = createContext<PageModel | null>(null);

export const PageProvider = context.Provider;

/** The model of the page in which a component stands. */
export function usePage(): PageModel {
  const page = useContext(context);
  if (page === null) throw new Error("no page around this component");
  return page;
}
