/** The server's answers, kept for all of the app. */

import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./client";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: "always", // a plant without Internet still has its Calha
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
    },
  },
});

/** When nothing is asked for any more. */
export function answered(): Promise<void> {
  return new Promise((go) => {
    const end = queries.getQueryCache().subscribe(look);
    function look() {
      if (queries.isFetching() > 0) return;
      end();
      go();
    }
    look();
  });
}
