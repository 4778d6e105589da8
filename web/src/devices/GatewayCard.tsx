import { Alert, Button, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { api, type Device, type Gateway, take } from "../api/client";
import { formatAge, formatBytes, formatTime } from "../format";
import { type Translate, useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Figure } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { secondsLeft, useRate } from "./draining";
import { GatewayPlcs } from "./GatewayPlcs";
import { freshSecret, onSecrets, rememberSecret } from "./secrets";

const REFRESH_MS = 2_000;
const CLOCK_OFF_S = 2; // from where on a person should know
const FILLING = 0.8;

/** How a gateway is doing: whether it is linked, and what it still keeps; before that, how to set it up. */
export function GatewayCard({ device, mayConfigure }: { device: Device; mayConfigure: boolean }) {
  const { t } = useTexts();
  const query = useQuery({
    queryKey: ["gateway", device.key],
    queryFn: () => take(api.GET("/api/v1/gateways/{key}", { params: { path: { key: device.key } } })),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section title={t("gateway.title")}>
      <Loaded query={query} height={180}>
        {(gateway) => (
          <Stack gap="sm">
            <LinkState gateway={gateway} zone={device.zone} />
            {gateway.report !== null && <Facts gateway={gateway} report={gateway.report} zone={device.zone} />}
            {mayConfigure && <SetUp device={device.key} gateway={gateway} />}
            {gateway.devices === 0 && (
              <Text size="sm" className="quiet">
                {t("gateway.noDevices")}
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

function LinkState({ gateway, zone }: { gateway: Gateway; zone: string }) {
  const { t, language } = useTexts();
  const { state, heard_at: heardAt } = gateway;
  const said =
    state === "linked" ? t("gateway.linked") : state === "silent" ? t("gateway.silent", { time: formatTime(heardAt ?? 0, language, zone) }) : t("gateway.never");
  return (
    <div role="status">
      <Text size="sm" style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Mark kind={state === "linked" ? "ok" : state === "silent" ? "warn" : "quiet"} /> {said}
      </Text>
      {state === "silent" && (
        <Text size="sm" className="quiet" mt={4}>
          {t("gateway.keeps")}
        </Text>
      )}
    </div>
  );
}

function Facts({ gateway, report, zone }: { gateway: Gateway; report: NonNullable<Gateway["report"]>; zone: string }) {
  const { t, language } = useTexts();
  const rate = useRate(report.backlog.messages);
  const left = gateway.state === "linked" ? secondsLeft(report.backlog.messages, rate) : undefined;
  const number = (value: number) => new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(value);
  const waiting = (messages: number) => t("gateway.messages", { n: number(messages) });
  const lane = (messages: number, lagS: number) =>
    messages === 0 ? t("gateway.inTime") : t("gateway.lag", { n: number(messages), age: duration(lagS, t) });
  const age = formatAge(1000 * Math.max(report.live.lag_s, report.backlog.lag_s), t);
  const oldest = report.oldest_at === null ? "—" : gateway.state === "linked" ? age : formatTime(report.oldest_at, language, zone);
  const percent = Math.round(report.fill * 100);
  return (
    <>
      <dl className="facts">
        <Figure name={t("gateway.waiting")}>
          {report.messages === 0 ? t("gateway.nothing") : `${waiting(report.messages)} · ${formatBytes(report.bytes, language)}`}
        </Figure>
        <Figure name={t("gateway.oldest")}>{oldest}</Figure>
        <Figure name={t("gateway.live")}>{lane(report.live.messages, report.live.lag_s)}</Figure>
        <Figure name={t("gateway.backlog")}>
          {report.backlog.messages === 0 ? t("gateway.nothing") : waiting(report.backlog.messages)}
          {left !== undefined && <div className="quiet">{t("gateway.ends", { time: duration(left, t) })}</div>}
        </Figure>
        <Figure name={t("gateway.shipped")}>{t("gateway.shippedOf", { live: number(report.live.shipped), backlog: number(report.backlog.shipped) })}</Figure>
        <Figure name={t("gateway.devices")}>{number(gateway.devices)}</Figure>
        {report.refused > 0 && <Figure name={t("gateway.refused")}>{waiting(report.refused)}</Figure>}
        {Math.abs(report.clock_ahead_s) >= CLOCK_OFF_S && (
          <Figure name={t("gateway.clock")}>
            {t(report.clock_ahead_s > 0 ? "gateway.ahead" : "gateway.behind", { n: number(Math.abs(report.clock_ahead_s)) })}
          </Figure>
        )}
      </dl>
      <GatewayPlcs plcs={report.plcs} zone={zone} />
      <div>
        <Text size="sm" mb={4} style={{ display: "flex", justifyContent: "space-between" }}>
          <span>{t("gateway.fill")}</span>
          <span className="number">{t("gateway.full", { percent })}</span>
        </Text>
        <Progress value={Math.max(1, percent)} color={report.fill >= FILLING ? "orange" : "gray"} aria-label={t("gateway.fill")} />
      </div>
      <Text size="xs" className="quiet">
        {t("gateway.version", { version: report.version, time: formatTime(report.started_at, language, zone) })}
      </Text>
    </>
  );
}

/** What to write where, as long as the gateway has not linked itself, or its secret can still be shown. */
function SetUp({ device, gateway }: { device: string; gateway: Gateway }) {
  const { t } = useTexts();
  const secret = useSyncExternalStore(onSecrets, () => freshSecret(device));
  if (gateway.hub === null) {
    return (
      <>
        <Text size="sm">{t("gateway.deaf")}</Text>
        <Code text={'[gateways]\nenabled = true\nhost = "0.0.0.0"'} label={t("gateway.hubConfiguration")} />
      </>
    );
  }
  if (gateway.state !== "never" && secret === undefined) return null;
  const hub = gateway.hub.replace("://", `://${location.hostname}`);
  const lines = ["[edge]", `hub = "${hub}"`, `gateway = "${device}"`, `secret = "${secret ?? t("connect.placeholder")}"`];
  return (
    <>
      {secret !== undefined ? (
        <Alert color="orange" variant="light">
          {t("gateway.secret")}
        </Alert>
      ) : (
        <Text size="sm" className="quiet">
          {t("gateway.lost")}
        </Text>
      )}
      <Text size="sm">{t("gateway.setUp")}</Text>
      <Code text={lines.join("\n")} label={t("gateway.configuration")} />
      {secret !== undefined && (
        <Button variant="default" style={{ alignSelf: "start" }} onClick={() => rememberSecret(device, null)}>
          {t("connect.kept")}
        </Button>
      )}
    </>
  );
}

function duration(seconds: number, t: Translate): string {
  if (seconds < 100) return t("gateway.seconds", { n: Math.round(seconds) });
  if (seconds < 100 * 60) return t("gateway.minutes", { n: Math.round(seconds / 60) });
  return t("gateway.hours", { n: Math.round(seconds / 3600) });
}
