/** Answers that did not come. A page must never look as if it still loaded, or as if there were nothing, when its question has failed.

Rule 1: a place that has its own words for a failure says so by `useTold`; nobody says it twice.
Rule 2: all other failed questions of the open page are `untold`: the shell tells of them, and asks them again.
Rule 3: that a question is asked again is no news. What went wrong stands until there is an answer.
*/

import { type Query, type QueryCache, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { Problem } from "../api/client";

interface Asked {
  data: unknown;
  error: unknown;
  errorUpdateCount: number;
}

/** Why a question has no answer, also while it is asked once more; null where it has one or has not failed yet. */
export function useTrouble({ data, error, errorUpdateCount }: Asked): unknown {
  const [last, keep] = useState<unknown>(null);
  if (error !== null && error !== last) keep(error);
  return error ?? (data === undefined && errorUpdateCount > 0 ? last : null);
}

const TOO_MANY = 429;

/** That no answer came, or none that could be used: others, such as that something does not exist, are answers. */
export function isOutage(error: unknown): boolean {
  return !(error instanceof Problem) || error.status >= 500 || error.status === TOO_MANY;
}

/** Follows the failed questions of the open page that no place tells of. */
export class Failures {
  private readonly told = new Map<unknown, number>();
  private readonly reasons = new WeakMap<Query, unknown>();
  private readonly listeners = new Set<() => void>();
  private found: readonly Query[] = [];

  constructor(private readonly cache: QueryCache) {}

  /** Some place shows this error, until the returned function is called. */
  tell(error: unknown): () => void {
    this.told.set(error, (this.told.get(error) ?? 0) + 1);
    this.changed();
    return () => {
      const places = (this.told.get(error) ?? 0) - 1;
      if (places > 0) this.told.set(error, places);
      else this.told.delete(error);
      this.changed();
    };
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    const stop = this.cache.subscribe(listener);
    return () => {
      this.listeners.delete(listener);
      stop();
    };
  };

  /** The same list as before while nothing has changed. */
  readonly untold = (): readonly Query[] => {
    const now = this.cache.findAll({ type: "active" }).filter((query) => this.isUntold(query));
    if (now.length !== this.found.length || now.some((query, place) => query !== this.found[place])) this.found = now;
    return this.found;
  };

  reasonOf(query: Query): unknown {
    return this.reasons.get(query);
  }

  private isUntold(query: Query): boolean {
    const { data, error, errorUpdateCount } = query.state;
    if (data !== undefined || errorUpdateCount === 0) return false;
    if (error !== null) this.reasons.set(query, error);
    const reason = this.reasons.get(query) ?? null;
    return reason !== null && isOutage(reason) && !this.told.has(reason);
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener());
  }
}

const ofCache = new WeakMap<QueryCache, Failures>();

function useFailures(): Failures {
  const cache = useQueryClient().getQueryCache();
  return useMemo(() => {
    const known = ofCache.get(cache) ?? new Failures(cache);
    ofCache.set(cache, known);
    return known;
  }, [cache]);
}

/** This place tells of the error, as long as it is open. */
export function useTold(error: unknown): void {
  const failures = useFailures();
  useEffect(() => (error === null ? undefined : failures.tell(error)), [failures, error]);
}

/** What went wrong that no place tells of; null for nothing. */
export function useUntold(): { reason: unknown; again: () => void } | null {
  const queries = useQueryClient();
  const failures = useFailures();
  const untold = useSyncExternalStore(failures.listen, failures.untold);
  const [first] = untold;
  if (first === undefined) return null;
  return { reason: failures.reasonOf(first), again: () => void queries.refetchQueries({ predicate: (query) => untold.includes(query) }) };
}
