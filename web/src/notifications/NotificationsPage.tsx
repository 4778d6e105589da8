import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Held, useHolding } from "../ui/Held";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { AddChannel } from "./AddChannel";
import { BrowserPush } from "./BrowserPush";
import { ChannelList } from "./ChannelList";
import type { ChannelCalls, OwnPreferences, Preferences } from "./channels";
import { DeliveryLog } from "./DeliveryLog";
import { PreferencesFields } from "./PreferencesFields";

const PATH = "/api/v1/account/notifications/channels";
const of = (id: number) => ({ params: { path: { channel_id: id } } });
const CALLS: ChannelCalls = {
  add: (body) => take(api.POST(PATH, { body })),
  change: (id, body) => take(api.PATCH(`${PATH}/{channel_id}`, { ...of(id), body })),
  remove: (id) => take(api.DELETE(`${PATH}/{channel_id}`, of(id))),
  test: (id) => take(api.POST(`${PATH}/{channel_id}/test`, of(id))),
};
const readLog = (query: { before?: number }) => take(api.GET("/api/v1/account/notifications/log", { params: { query } }));

/** By which channels one is told, and when. */
export function NotificationsPage() {
  const { t } = useTexts();
  const { person } = useMe();
  const own = useQuery({ queryKey: ["own-notifications"], queryFn: () => take(api.GET("/api/v1/account/notifications")), enabled: person !== null });
  return (
    <>
      <PageTitle title={t("nav.notifications")} />
      {person === null ? (
        <Text>{t("notify.noPerson")}</Text>
      ) : (
        <Loaded query={own} height={240}>
          {(found) => (
            <Stack gap="md" maw={760}>
              <OwnChannels own={found} />
              <Held found={found.preferences} version={({ version }) => version}>
                {(base, holds) => <When given={base} holds={holds} />}
              </Held>
              <Section title={t("notify.log")} text={t("notify.logText")}>
                <DeliveryLog name="own" read={readLog} showsPerson={false} />
              </Section>
            </Stack>
          )}
        </Loaded>
      )}
    </>
  );
}

function OwnChannels({ own }: { own: components["schemas"]["OwnNotifications"] }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [adds, setAdds] = useState(false);
  const changed = () => Promise.all([queries.invalidateQueries({ queryKey: ["own-notifications"] }), queries.invalidateQueries({ queryKey: ["deliveries"] })]);
  return (
    <Section title={t("notify.channels")} text={t("notify.channelsText")}>
      <Stack gap="sm">
        {own.channels.length === 0 && <Text size="sm">{t(own.can_mail ? "notify.noneButMail" : "notify.none")}</Text>}
        <ChannelList channels={own.channels} calls={CALLS} changed={changed} />
        <Group gap="sm">
          <Button onClick={() => setAdds(true)}>{t("notify.add")}</Button>
          <BrowserPush serverKey={own.push_key} calls={CALLS} changed={changed} />
        </Group>
      </Stack>
      {adds && <AddChannel calls={CALLS} services={own.services} canMail={own.can_mail} hasAccount changed={changed} close={() => setAdds(false)} />}
    </Section>
  );
}

function When({ given, holds }: { given: OwnPreferences; holds: (isChanged: boolean) => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const { version, ...said } = given;
  const [value, setValue] = useState<Preferences>(said);
  useHolding(holds, JSON.stringify(value) !== JSON.stringify(said));
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/account/notifications/preferences", { params: { header: basedOn({ version }) }, body: value })),
    onSuccess: async () => {
      holds(false);
      notifications.show({ message: t("notify.saved") });
      await queries.invalidateQueries({ queryKey: ["own-notifications"] });
    },
    onError: () => queries.invalidateQueries({ queryKey: ["own-notifications"] }),
  });
  return (
    <Section title={t("notify.when")}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <PreferencesFields value={value} onChange={setValue} />
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
