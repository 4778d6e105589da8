import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api, Problem, take } from "../api/client";
import { useTexts } from "../i18n";
import { problemText } from "../ui/words";

const TYPING_MS = 250;

/** Why a formula over so many series cannot be used, as soon as one pauses typing; null while nothing is wrong. */
export function useFormula(formula: string, series: number): string | null {
  const { t } = useTexts();
  const [settled] = useDebouncedValue(formula.trim(), TYPING_MS);
  const { error } = useQuery({
    queryKey: ["formula", settled, series],
    queryFn: () => take(api.GET("/api/v1/formula", { params: { query: { formula: settled, series } } })),
    staleTime: Infinity,
    retry: false,
    enabled: settled !== "" && series > 0,
  });
  return error instanceof Problem && settled === formula.trim() ? problemText(error, t) : null;
}
