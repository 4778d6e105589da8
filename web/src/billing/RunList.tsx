import { Button, Group, Progress, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import type { Run } from "./types";
import { CyclePreview } from "./CyclePreview";
import { billingProblem, isShort, monthText } from "./words";

const REFRESH_MS = 1_000; // while one is running

/** Billing runs, newest first; what is running moves. */
export function RunList() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const runs = useQuery({
    queryKey: ["runs"],
    queryFn: () => take(api.GET("/api/v1/billing-runs")),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => one.state === "running") === true ? REFRESH_MS : false),
  });
  const isRunning = runs.data?.items.some((one) => one.state === "running") === true;
  useEffect(() => {
    if (isRunning) return () => void Promise.all([["invoices"], ["run-preview"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    return undefined;
  }, [isRunning, queries]);
  return (
    <Section title={t("run.list")}>
      <Loaded query={runs} height={80}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t("run.none")}</Text>
          ) : (
            <ul className="plain-list">
              {items.map((run) => (
                <RunLine key={run.id} run={run} isBusy={isRunning} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function RunLine({ run, isBusy }: { run: Run; isBusy: boolean }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["runs"] });
  const stop = useMutation({ mutationFn: () => take(api.POST("/api/v1/billing-runs/{run_id}/stop", { params: { path: { run_id: run.id } } })), onSuccess: refresh });
  const again = useMutation({ mutationFn: () => take(api.POST("/api/v1/billing-runs", { body: { month: run.month, site_id: run.site_id, cycle_day: run.cycle_day } })), onSuccess: refresh });
  const time = useTime();
  const name = monthText(run.month, language);
  return (
    <li className="list-line">
      <Group justify="space-between" gap="xs">
        <span>
          <Link to="/billing" search={{ month: run.month }} className="plain-link">
            {name}
          </Link>{" "}
          · {t(`runState.${run.state}`)}
        </span>
        <span className="quiet number">
          {run.made_by} · {time(run.started_at)}
        </span>
      </Group>
      {run.state === "running" && <Progress my={6} value={run.contracts === 0 ? 100 : (100 * run.done) / run.contracts} aria-label={t("run.progress", { month: name })} />}
      <div className="number" role="status">
        {t("run.counts", { done: run.done, contracts: run.contracts, issued: run.issued, passed: run.passed, failed: run.failed })}
      </div>
      <Problems problems={run.problems} month={run.month} />
      <Refusal error={stop.error ?? again.error} />
      {run.state === "running" && (
        <Button size="compact-sm" variant="default" mt={4} loading={stop.isPending} onClick={() => stop.mutate()}>
          {t("run.stop")}
        </Button>
      )}
      {run.state === "stopped" && (
        <Button size="compact-sm" variant="default" mt={4} loading={again.isPending} disabled={isBusy} onClick={() => again.mutate()}>
          {t("run.resume")}
        </Button>
      )}
    </li>
  );
}

/** Contracts that could not be billed, each with its reason, and the way to decide about one of which too much is missing. */
export function Problems({ problems, month }: { problems: readonly (readonly string[])[]; month: string }) {
  const { t, language } = useTexts();
  if (problems.length === 0) return null;
  return (
    <details>
      <summary>{t("run.problems", { n: problems.length })}</summary>
      <ul className="plain-list">
        {problems.map(([contract = "", problem = ""]) => (
          <li key={contract}>
            <b>{contract}</b>: {billingProblem(problem, t, language)} {isShort(problem) && <CyclePreview number={contract} month={month} />}
          </li>
        ))}
      </ul>
    </details>
  );
}
