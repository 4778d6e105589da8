import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import type { Variable } from "./types";
import type { Values } from "./variables";

const MOST = 500;

/** What whoever looks may choose: one template serves many devices and sites. */
export function VariableBar({ variables, values, site, choose }: { variables: readonly Variable[]; values: Values; site: number; choose: (key: string, value: string | number) => void }) {
  if (variables.length === 0) return null;
  return (
    <div className="board-bar no-print">
      {variables.map((one) => (one.kind === "device" ? <DeviceChoice key={one.key} variable={one} value={String(values[one.key] ?? "")} site={site} choose={choose} /> : <SiteChoice key={one.key} variable={one} value={Number(values[one.key])} site={site} choose={choose} />))}
    </div>
  );
}

type Choose = (key: string, value: string | number) => void;

function DeviceChoice({ variable, value, site, choose }: { variable: Variable & { kind: "device" }; value: string; site: number; choose: Choose }) {
  const { t } = useTexts();
  const found = useQuery({
    queryKey: ["dashboards", "choices", site, variable.profile],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { site, limit: MOST, ...(variable.profile === "" ? {} : { profile: variable.profile }) } } })),
    staleTime: 60_000,
  });
  const names = new Map((found.data?.items ?? []).map(({ key, name }) => [key, name]));
  if (!names.has(value)) names.set(value, value);
  return (
    <NativeSelect
      label={variable.name === "" ? t("boards.device") : variable.name}
      value={value}
      onChange={({ currentTarget: { value: chosen } }) => choose(variable.key, chosen)}
      data={[...names].map(([key, name]) => ({ value: key, label: name === key ? key : `${name} (${key})` }))}
    />
  );
}

function SiteChoice({ variable, value, site, choose }: { variable: Variable & { kind: "site" }; value: number; site: number; choose: Choose }) {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery);
  const all = sites.data?.items ?? [];
  const own = all.find(({ id }) => id === site);
  const within = all.filter(({ path }) => own === undefined || own.path.every((name, index) => path[index] === name));
  return (
    <NativeSelect
      label={variable.name === "" ? t("boards.site") : variable.name}
      value={String(value)}
      onChange={({ currentTarget: { value: chosen } }) => choose(variable.key, Number(chosen))}
      data={within.map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))}
    />
  );
}
