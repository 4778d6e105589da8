import type { QueryClient, QueryKey } from "@tanstack/react-query";

/**
 * Asks anew for what a change has touched. A first answer that is still on its way does not know of the change, and
 * `invalidateQueries` alone would take it for the new one: it asks again only where there is an answer already.
 */
export async function renew(queries: QueryClient, queryKey: QueryKey): Promise<void> {
  await queries.cancelQueries({ queryKey });
  await queries.invalidateQueries({ queryKey });
}
