import { Button, Group, Modal, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { DeviceForm } from "../devices/DeviceForm";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { reasonText } from "../ui/words";
import { ViewsMenu } from "../views/ViewsMenu";
import { IfConfigurable } from "./IfConfigurable";
import { KeptList, useReplay } from "./KeptList";

const REFRESH_MS = 5_000;

export function QuarantinePage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/quarantine" });
  const navigate = useNavigate({ from: "/quarantine" });
  const summary = useQuery({
    queryKey: ["quarantine", "summary"],
    queryFn: () => take(api.GET("/api/v1/quarantine/summary")),
    refetchInterval: REFRESH_MS,
  });
  const replay = useReplay();
  const shown = Object.entries(search).map(([name, value]) => [name, name === "reason" ? reasonText(value, t) : value] as const);
  const rights = useRights();
  return (
    <>
      <PageTitle title={t("quarantine.title")}>
        <ViewsMenu page="/quarantine" search={search} />
      </PageTitle>
      <Text mb="md">{t("quarantine.text")}</Text>
      <Stack gap="lg">
        {rights.on("configure", null) && <SeenDevices />}
        <Loaded query={summary} height={80}>
          {({ groups }) => groups.length > 0 && (
          <Paper className="panel" p="md" component="ul" m={0} style={{ listStyle: "none" }}>
            {groups.map(({ reason, device, messages }) => (
              <Group key={`${reason} ${device}`} component="li" justify="space-between" py={6}>
                <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
                  <Link to="/quarantine" search={device === "" ? { reason } : { reason, device }} className="plain-link" resetScroll={false}>
                    {reasonText(reason, t)}
                  </Link>
                  <Text size="sm" className="quiet number">
                    {device !== "" && `${device} · `}
                    {t("quarantine.messages")}: {messages}
                  </Text>
                </div>
                <IfConfigurable device={device}>
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={replay.isPending}
                    aria-label={`${t("quarantine.replayAll")}: ${reasonText(reason, t)} ${device}`}
                    onClick={() => replay.mutate({ reason, ...(device === "" ? {} : { device }) })}
                  >
                    {t("quarantine.replayAll")}
                  </Button>
                </IfConfigurable>
              </Group>
            ))}
          </Paper>
          )}
        </Loaded>
        <Paper className="panel" p="md">
          <Title order={2} size="h5" mb="sm">
            {t("quarantine.messages")}
          </Title>
          <Group gap="xs" mb={shown.length === 0 ? 0 : "sm"}>
            {shown.map(([name, text]) => (
              <Button key={name} size="compact-sm" variant="default" aria-label={t("quarantine.without", { name: text })} onClick={() => void navigate({ search: (before) => Object.fromEntries(Object.entries(before).filter(([one]) => one !== name)), replace: true, resetScroll: false })}>
                {text} ×
              </Button>
            ))}
          </Group>
          <KeptList {...search} />
        </Paper>
      </Stack>
    </>
  );
}

function SeenDevices() {
  const { t } = useTexts();
  const time = useTime();
  const navigate = useNavigate();
  const [chosen, choose] = useState<string | null>(null);
  const seen = useQuery({ queryKey: ["seen"], queryFn: () => take(api.GET("/api/v1/seen")), refetchInterval: REFRESH_MS });
  if (!seen.data || seen.data.items.length === 0) return null;
  return (
    <Paper className="panel" p="md">
      <Title order={2} size="h5">
        {t("quarantine.seen")}
      </Title>
      <Text size="sm" className="quiet" mb="sm">
        {t("quarantine.seenText")}
      </Text>
      <Stack gap={8}>
        {seen.data.items.map((one) => (
          <Group key={one.device} justify="space-between" style={{ borderTop: "1px solid var(--line)", paddingTop: 8 }}>
            <div style={{ minWidth: 0 }}>
              <Text fw={600}>{one.device}</Text>
              <Text size="sm" className="quiet">
                {t("quarantine.messages")}: {one.messages} · {one.transport} · {time(one.last_at)}
              </Text>
            </div>
            <Button aria-label={t("quarantine.register", { key: one.device })} onClick={() => choose(one.device)}>
              {t("quarantine.register", { key: "" }).trim()}
            </Button>
          </Group>
        ))}
      </Stack>
      <Modal opened={chosen !== null} onClose={() => choose(null)} title={t("devices.new")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        {chosen !== null && (
          <DeviceForm
            initialKey={chosen}
            done={(key) => {
              choose(null);
              void navigate({ to: "/devices/$key", params: { key } });
            }}
          />
        )}
      </Modal>
    </Paper>
  );
}
