import { useQueries } from "@tanstack/react-query";
import type { CalculatedAnswer } from "../../chart/calculated";
import { live } from "../../live/hooks";
import { useShown } from "../source";
import type { Of } from "../types";
import { deviceOf } from "../variables";

const SOONEST_MS = 15_000;
const LATEST_MS = 60_000;

/** What is calculated from a chart's series until now, asked for anew as often as there can be a new point. */
export function useCalculated({ id, series, calculated }: Pick<Of<"chart">, "id" | "series" | "calculated">, length: number, points: number) {
  const { source, values } = useShown();
  const refresh = Math.min(LATEST_MS, Math.max(SOONEST_MS, length / points));
  const named = series.map(({ device, channel }) => ({ device: deviceOf(device, values), channel }));
  return useQueries({
    queries: calculated.map(({ formula }, place) => ({
      queryKey: ["dashboards", source.key, "calculated", id, place, formula, named, length, points],
      queryFn: () => {
        const to = live.clock;
        return source.calculated({ widget: id, place, formula, series: named }, { from: to - length, to, points });
      },
      refetchInterval: refresh,
      staleTime: refresh / 2,
    })),
    combine: together,
  });
}

/** isError: what is shown, if anything, is from before, as the newest question got no answer. */
export function together(answers: readonly { data: CalculatedAnswer | undefined; error: unknown; isFetching: boolean }[]) {
  return { results: answers.map(({ data }) => data), errors: answers.map(({ data, error }) => (data === undefined ? error : null)), isFetching: answers.some(({ isFetching }) => isFetching), isError: answers.some(({ error }) => error !== null) };
}
