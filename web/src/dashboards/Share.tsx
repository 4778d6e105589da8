import { Button, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Code } from "../ui/Code";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Loaded } from "../ui/Loaded";
import { Refusal, Submit, submitting } from "../ui/Saving";
import type { Dashboard } from "./types";
import type { Values } from "./variables";

const DAYS = 30;
const MAX_DAYS = 366;

/** Who sees a dashboard: people by their roles on its site, others by public links, which are listed and can be revoked. */
export function Share({ board, values, close }: { board: Dashboard; values: Values; close: () => void }) {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery);
  const path = sites.data?.items.find(({ id }) => id === board.site_id)?.path.join(" › ") ?? "";
  const mayGiveRoles = useRights().on("administer", null);
  return (
    <Dialog onClose={close} title={t("boards.share")} size="lg" closeButtonProps={{ "aria-label": t("common.close") }}>
      <Stack gap="md">
        <Text size="sm">
          {t("boards.sharePeople", { site: path })} {mayGiveRoles && <a href="/people">{t("boards.sharePeopleLink")}</a>}
        </Text>
        <NewLink board={board} values={values} />
        <Links board={board} />
      </Stack>
    </Dialog>
  );
}

function useLinks(board: number) {
  const params = { path: { dashboard_id: board } };
  return useQuery({ queryKey: ["dashboards", "links", board], queryFn: () => take(api.GET("/api/v1/dashboards/{dashboard_id}/links", { params })) });
}

function NewLink({ board, values }: { board: Dashboard; values: Values }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState<number | string>(DAYS);
  const make = useMutation({
    mutationFn: () => take(api.POST("/api/v1/dashboards/{dashboard_id}/links", { params: { path: { dashboard_id: board.id } }, body: { name, days: Number(days), variables: { ...values } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["dashboards", "links", board.id] }),
  });
  return (
    <form onSubmit={submitting(() => make.mutate())}>
      <Stack gap="sm">
        <Text size="sm" className="quiet">
          {t("boards.shareText")}
        </Text>
        <Group align="end" grow preventGrowOverflow={false}>
          <TextInput label={t("boards.linkName")} placeholder={t("boards.linkNameExample")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
          <NumberInput label={t("boards.linkDays")} value={days} onChange={setDays} min={1} max={MAX_DAYS} clampBehavior="strict" allowDecimal={false} required />
        </Group>
        <Submit change={make} disabled={name.trim() === "" || days === ""}>
          {t("boards.makeLink")}
        </Submit>
        {make.data !== undefined && (
          <div role="status">
            <Text size="sm" mb={4}>
              {t("boards.linkMade")}
            </Text>
            <Code text={make.data.link} wrap label={t("boards.link")} />
          </div>
        )}
      </Stack>
    </form>
  );
}

function Links({ board }: { board: Dashboard }) {
  const { t } = useTexts();
  const time = useTime();
  const queries = useQueryClient();
  const links = useLinks(board.id);
  const [doomed, doom] = useState<{ id: number; name: string } | null>(null);
  const revoke = useMutation({
    mutationFn: (link: number) => take(api.DELETE("/api/v1/dashboards/{dashboard_id}/links/{link_id}", { params: { path: { dashboard_id: board.id, link_id: link } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["dashboards", "links", board.id] }),
  });
  return (
    <Loaded query={links} height={40}>
      {({ items }) => (
        <div>
          <Refusal error={revoke.error} />
          {items.map((one) => (
            <Group key={one.id} justify="space-between" wrap="nowrap" className="list-line">
              <div>
                <b>{one.name}</b>
                <Text size="xs" className="quiet">
                  {t("boards.linkFacts", { by: one.made_by, until: time(one.expires_at), used: one.used_at === null ? t("boards.linkUnused") : time(one.used_at) })}
                </Text>
              </div>
              <Button size="compact-sm" variant="default" loading={revoke.isPending && revoke.variables === one.id} onClick={() => doom(one)} aria-label={t("boards.revokeLink", { name: one.name })}>
                {t("boards.revoke")}
              </Button>
            </Group>
          ))}
          <Confirm
            opened={doomed !== null}
            question={t("boards.revokeAsk", { name: doomed?.name ?? "" })}
            action={t("boards.revoke")}
            close={() => doom(null)}
            confirm={() => {
              if (doomed !== null) revoke.mutate(doomed.id);
            }}
          />
        </div>
      )}
    </Loaded>
  );
}
