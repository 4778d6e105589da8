import { type InfiniteData, useInfiniteQuery, type UseInfiniteQueryOptions } from "@tanstack/react-query";

export interface Paged<Item> {
  items: Item[];
  next?: string | null;
}

type Key = readonly unknown[];
type Options<Item> = UseInfiniteQueryOptions<Paged<Item>, Error, InfiniteData<Paged<Item>, number>, Key, number>;

/** What the server lists page after page, by numbers after which the next page begins. */
export function usePages<Item>(
  queryKey: Key,
  ask: (after: { after?: number }) => Promise<Paged<Item>>,
  more: Pick<Options<Item>, "enabled" | "refetchInterval" | "placeholderData"> = {},
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => ask(pageParam === 0 ? {} : { after: pageParam }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => (next === null || next === undefined ? undefined : Number(next)),
    ...more,
  });
}
