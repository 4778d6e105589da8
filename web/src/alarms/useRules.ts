import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { type Draft, bodyOf, definitionOf, type Rule, whereOf } from "./rules";

const PAGE = 500;
const DAYS = 90;

/** All rules that one may see, in the order in which they were made. */
export function useRules() {
  return useQuery({
    queryKey: ["alarm-rules", "all"],
    queryFn: async () => {
      const found: Rule[] = [];
      let after: number | undefined = 0;
      while (after !== undefined) {
        const page: { items: Rule[]; next?: string | null } = await take(api.GET("/api/v1/alarm-rules", { params: { query: { limit: PAGE, after } } }));
        found.push(...page.items);
        after = page.next === null || page.next === undefined ? undefined : Number(page.next);
      }
      return found;
    },
  });
}

/** What a rule would have done in the last 90 days. */
export function useTrial() {
  return useMutation({ mutationFn: (draft: Draft) => take(api.POST("/api/v1/alarm-rules/simulate", { body: { definition: definitionOf(draft), where: whereOf(draft), days: DAYS } })) });
}

/** Keep a new rule, or change the one that was read. */
export function useKeep(rule: Rule | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) =>
      rule === null
        ? take(api.POST("/api/v1/alarm-rules", { body: bodyOf(draft) }))
        : take(api.PUT("/api/v1/alarm-rules/{rule_id}", { params: { path: { rule_id: rule.id } }, body: { ...bodyOf(draft), version: rule.version } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alarm-rules"] }),
  });
}

export function useRemove(id: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/alarm-rules/{rule_id}", { params: { path: { rule_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alarm-rules"] }),
  });
}
