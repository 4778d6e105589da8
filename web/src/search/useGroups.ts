import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { isViewPage, viewPages } from "../views/pages";
import { useViews } from "../views/useViews";
import { type Place, possibleActions, reachablePages } from "./places";
import { fitting, holds, wordsOf } from "./words";

type Hit = components["schemas"]["SearchHit"];

export interface Line {
  href: string;
  name: string;
  note: string;
}

export interface Group {
  title: string;
  lines: readonly Line[];
  hasMore: boolean;
}

const LEAST = 2; // letters, before the server is asked
const KINDS = ["alarm", "device", "site", "channel", "dashboard", "view", "customer", "invoice"] as const;

/** What fits: pages and actions at each key, everything else as soon as typing pauses (`asked`). */
export function useGroups(typed: string, asked: string) {
  const { t, own } = useTexts();
  const me = useMe();
  const router = useRouter();
  const views = useViews(undefined, me.person !== null);
  const q = asked.trim();
  const isAsked = q.length >= LEAST && typed.trim().length >= LEAST;
  const found = useQuery({
    queryKey: ["search", q],
    queryFn: () => take(api.GET("/api/v1/search", { params: { query: { q } } })),
    enabled: isAsked,
    placeholderData: keepPreviousData,
  });
  const words = wordsOf(typed);
  const isSearching = isAsked && (found.isFetching || q !== typed.trim());
  const placed = (title: string, places: readonly Place[]): Group => ({
    title,
    hasMore: false,
    lines: places.map(({ to, text }) => ({ href: to, name: t(text), note: "" })).filter(({ name }) => holds(words, name)),
  });
  const { items = [], more = [] } = (isAsked ? found.data : undefined) ?? {};
  const things = KINDS.map((kind): Group => {
    const lines = items.filter((hit) => hit.kind === kind).map((hit) => ({ href: addressOf(hit), name: own(hit.name), note: noteOf(hit) }));
    return { title: t(`search.${kind}`), lines: isSearching ? fitting(words, lines) : lines, hasMore: more.includes(kind) };
  });
  const saved: Group = {
    title: t("views.title"),
    hasMore: false,
    lines: (views.data?.items ?? [])
      .filter(({ page, name }) => isViewPage(page) && holds(words, name))
      .map(({ page, name, search }) => ({ href: router.buildLocation({ to: page, search }).href, name, note: isViewPage(page) ? t(viewPages[page]) : page })),
  };
  const places = [saved, placed(t("search.pages"), reachablePages(me)), placed(t("search.actions"), possibleActions(me))];
  const groups = [...(isAsked ? [...things, ...places] : places)].filter((group) => group.lines.length > 0);
  return { groups, error: isAsked ? found.error : null, isSearching };
}

function addressOf(hit: Hit): string {
  const id = encodeURIComponent(hit.id);
  switch (hit.kind) {
    case "device":
      return `/devices/${id}`;
    case "channel":
      return `/devices/${encodeURIComponent(hit.device ?? "")}`;
    case "site":
      return `/?site=${id}`;
    case "alarm":
      return `/alarms?q=${encodeURIComponent(hit.device ?? "")}`;
    case "dashboard":
      return `/dashboards/${id}`;
    case "view":
      return `/views/${id}`;
    case "customer":
      return `/billing/customers/${id}`;
    case "invoice":
      return `/billing/invoices/${id}`;
  }
}

function noteOf({ kind, id, where, device }: Hit): string {
  const path = where.filter((part) => part !== "").join(" › ");
  if (kind === "device") return `${id} · ${path}`;
  return kind === "alarm" ? `${device ?? ""} · ${path}` : path;
}
