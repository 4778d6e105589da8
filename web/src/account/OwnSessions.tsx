import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { browserOf } from "./agent";

export function OwnSessions() {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: () => take(api.GET("/api/v1/account/sessions")) });
  const end = useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const id of ids) await take(api.DELETE("/api/v1/account/sessions/{session_id}", { params: { path: { session_id: id } } }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
  return (
    <Section title={t("sessions.title")} text={t("sessions.text")}>
      <Loaded query={sessions} height={60}>
        {({ items }) => {
          const others = items.filter((one) => !one.current).map((one) => one.id);
          return (
            <Stack gap="sm">
              <div>
                {items.map((one) => (
                  <Group key={one.id} justify="space-between" className="list-line">
                    <div style={{ minWidth: 0 }}>
                      <Text fw={600} component="div">
                        {one.kind === "client" ? t("sessions.client") : browserOf(one.agent)} {one.current && <Badge variant="outline">{t("sessions.this")}</Badge>}
                      </Text>
                      <Text size="xs" className="quiet number">
                        {one.address} · {t("sessions.seen", { time: formatTime(one.seen_at, language) })}
                      </Text>
                    </div>
                    {!one.current && (
                      <Button size="compact-sm" variant="default" loading={end.isPending} aria-label={`${t("sessions.end")}: ${browserOf(one.agent)} ${one.address}`} onClick={() => end.mutate([one.id])}>
                        {t("sessions.end")}
                      </Button>
                    )}
                  </Group>
                ))}
              </div>
              <Refusal error={end.error} />
              {others.length > 0 && (
                <Button variant="default" style={{ alignSelf: "start" }} loading={end.isPending} onClick={() => end.mutate(others)}>
                  {t("sessions.endOthers")}
                </Button>
              )}
            </Stack>
          );
        }}
      </Loaded>
    </Section>
  );
}
