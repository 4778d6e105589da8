import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import type { components } from "../api/schema";
import type { Rule } from "./rules";

export type Exception = components["schemas"]["ExceptionAnswer"];
export type Proposal = components["schemas"]["ProposalAnswer"];
export type ProposedEdit = components["schemas"]["ProposedEdit"];

const PAGE = 100;
const REFRESH_MS = 15_000;

export interface Filter {
  rule?: Rule;
  device?: string;
  site?: number;
}

/** Open exceptions, oldest first, page by page. */
export function useExceptions(filter: Filter) {
  return usePages(["exceptions", filter], (after) => take(api.GET("/api/v1/exceptions", { params: { query: { ...filter, limit: PAGE, ...after } } })), { refetchInterval: REFRESH_MS });
}

/** How many are open. */
export function useOpenExceptions(filter: Omit<Filter, "rule">) {
  return useQuery({ queryKey: ["exceptions", "summary", filter], queryFn: () => take(api.GET("/api/v1/exceptions/summary", { params: { query: filter } })), refetchInterval: REFRESH_MS });
}
