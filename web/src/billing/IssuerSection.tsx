import { Button, NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { basedOn } from "../api/based";
import { api, Problem, type Site, take } from "../api/client";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { useBilledSites } from "./useBilling";

const BLANK = { name: "", document: "", address: "", city: "", email: "", pix_key: "", company: "" };
type Issuer = typeof BLANK;
type Found = Issuer & { version: string };
const limits: Record<keyof Issuer, number> = { name: 100, document: 20, address: 200, city: 60, email: 254, pix_key: 77, company: 4 };

/** Who issues the invoices of a site and of those below it, and to whose Pix key customers pay. */
export function IssuerSection() {
  const { t } = useTexts();
  const sites = useBilledSites();
  const [chosen, choose] = useState<number | null>(null);
  const site = sites.find(({ id }) => id === chosen) ?? sites[0];
  return (
    <Section title={t("issuer.title")} text={t("issuer.text")}>
      <NativeSelect
        mb="sm"
        maw={420}
        label={t("run.site")}
        value={String(site?.id ?? "")}
        onChange={({ currentTarget: { value } }) => choose(Number(value))}
        data={sites.map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))}
      />
      {site !== undefined && <OfSite key={site.id} site={site} />}
    </Section>
  );
}

function OfSite({ site }: { site: Site }) {
  const { t } = useTexts();
  const [edits, edit] = useState(false);
  const issuer = useQuery({ queryKey: ["issuer", site.id], queryFn: () => issuerOf(site.id) });
  return (
    <Loaded query={issuer} height={60}>
      {(found) =>
        edits ? (
          <IssuerForm site={site.id} issuer={found} close={() => edit(false)} />
        ) : (
          <Stack gap="xs" align="start">
            <div>{found === null ? t(site.parent_id === null ? "issuer.none" : "issuer.above") : [found.name, found.city, `Pix: ${found.pix_key === "" ? t("issuer.noPix") : found.pix_key}`].join(" · ")}</div>
            <Button variant="default" onClick={() => edit(true)}>
              {t(found === null ? "issuer.set" : "common.edit")}
            </Button>
          </Stack>
        )
      }
    </Loaded>
  );
}

/** null where a site has none of its own. */
async function issuerOf(site: number) {
  try {
    return await take(api.GET("/api/v1/sites/{site_id}/issuer", { params: { path: { site_id: site } } }));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

function IssuerForm({ site, issuer: given, close }: { site: number; issuer: Found | null; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [issuer] = useState(given); // what the change is based on, also when another one comes
  const [data, setData] = useState<Issuer>(() => Object.fromEntries(Object.keys(BLANK).map((name) => [name, (issuer ?? BLANK)[name as keyof Issuer]])) as Issuer);
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/sites/{site_id}/issuer", { params: { path: { site_id: site }, ...(issuer === null ? {} : { header: basedOn(issuer) }) }, body: data })),
    onSuccess: async () => {
      notifications.show({ message: t("issuer.saved") });
      await queries.invalidateQueries({ queryKey: ["issuer"] });
      close();
    },
    onError: () => queries.invalidateQueries({ queryKey: ["issuer"] }),
  });
  return (
    <form onSubmit={submitting(() => save.mutate())}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {(Object.keys(BLANK) as (keyof Issuer)[]).map((name) => (
            <TextInput
              key={name}
              label={t(`issuer.${name}`)}
              value={data[name]}
              maxLength={limits[name]}
              required={name === "name"}
              onChange={({ currentTarget: { value } }) => setData({ ...data, [name]: value })}
            />
          ))}
        </SimpleGrid>
        <Submit change={save}>{t("common.save")}</Submit>
      </Stack>
    </form>
  );
}
