import { Button, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { BarChart } from "../consumption/BarChart";
import "../consumption/consumption.css";
import { intervalsOf } from "../consumption/bars";
import { DecisionForm } from "../consumption/DecisionForm";
import { dayAt } from "../consumption/period";
import type { Consumption, RegisterStep } from "../consumption/useConsumption";
import { deviceQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { EditForm } from "./EditForm";
import { factsOf, spanText } from "./facts";
import type { Exception } from "./useExceptions";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const wholeDays = new Set<Exception["rule"]>(["low", "high", "zero", "sum", "leak"]);

interface Props {
  exception: Exception;
  edits: boolean;
  closeEdit: () => void;
  edited: (editId: number) => void;
}

/** What was found, among what came before and after it, and what can be done about it. */
export function ExceptionDetail({ exception, edits, closeEdit, edited }: Props) {
  const { t, language, own } = useTexts();
  const [decides, setDecides] = useState<RegisterStep | null>(null);
  const device = useQuery(deviceQuery(exception.device));
  const around = useAround(exception);
  const channel = device.data?.channels.find(({ key }) => key === exception.channel);
  const event = around.data?.events.find(({ at }) => Date.parse(at) === Date.parse(exception.to));
  return (
    <Paper className="panel" p="md" component="section" aria-label={t(`rule.${exception.rule}`)}>
      <Title order={2} size="h5">
        {t(`rule.${exception.rule}`)}: {device.data?.name ?? exception.device}
      </Title>
      <Text size="sm" className="quiet number" mb={4}>
        {channel === undefined ? exception.channel : own(channel.name)} · {spanText(exception, language)}
      </Text>
      <Text mb="sm">{factsOf(exception, around.data?.unit ?? "", language, t)}</Text>
      <Loaded query={around} height={300}>
        {(found) => (
          <BarChart
            intervals={intervalsOf(found)}
            before={[]}
            marks={found.events.map((one) => ({ at: Date.parse(one.at), label: t(`verdict.${one.verdict}`), needsReview: one.needs_review }))}
            unit={found.unit}
            view={found.step === "1d" ? "month" : "day"}
            zone={found.zone}
            label={t("validation.chart")}
            open={null}
          />
        )}
      </Loaded>
      <Stack gap="xs" align="start" mt="xs">
        {exception.rule === "register" && event !== undefined && (
          <Button size="compact-md" variant="default" onClick={() => setDecides(event)}>
            {t("register.reviewOf")}
          </Button>
        )}
        <Link to="/devices/$key/consumption" params={{ key: exception.device }} search={{ channel: exception.channel, view: "day", at: dayAt(Date.parse(exception.from), exception.zone) }} className="plain-link">
          {t("validation.openDay")}
        </Link>
      </Stack>
      {edits && device.data !== undefined && around.data !== undefined && <EditForm device={device.data} exception={exception} unit={around.data.unit} close={closeEdit} edited={edited} />}
      {decides !== null && device.data !== undefined && <DecisionForm device={device.data} channel={exception.channel} event={decides} close={() => setDecides(null)} />}
    </Paper>
  );
}

/** Consumption around an exception: by days where whole days are judged, else by hours. */
function useAround(exception: Exception) {
  const [from, to] = [Date.parse(exception.from), Date.parse(exception.to)];
  const isLong = wholeDays.has(exception.rule) || to - from > 4 * DAY;
  const room = isLong ? 14 * DAY : Math.max(6 * HOUR, Math.min(DAY, to - from));
  const step = isLong ? ("1d" as const) : ("1h" as const);
  const asked = () => {
    const until = Math.min(Date.now(), to + (isLong ? 2 * DAY : room));
    return { channel: exception.channel, step, from: new Date(from - room).toISOString(), to: new Date(until).toISOString() };
  };
  return useQuery({
    queryKey: ["consumption", exception.device, "around", exception.id],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/consumption", { params: { path: { key: exception.device }, query: asked() } })) as Promise<Consumption>,
  });
}
