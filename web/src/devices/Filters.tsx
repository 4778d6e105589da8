import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import type { DevicesSearch } from "../router";
import { sitesQuery } from "../sites/queries";

/** What the overview shows; all of it is in the address. */
export function Filters({ search }: { search: DevicesSearch }) {
  const { t, own } = useTexts();
  const navigate = useNavigate({ from: "/" });
  const sites = useQuery(sitesQuery);
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const field = useRef<HTMLInputElement>(null);
  const change = (changed: { [Part in keyof DevicesSearch]: DevicesSearch[Part] | undefined }, replace = false) =>
    void navigate({ search: (before) => present({ ...before, ...changed }), replace });
  const searchSoon = useDebouncedCallback((q: string) => change({ q: q === "" ? undefined : q }, true), 250);
  useEffect(() => {
    const input = field.current;
    if (input !== null && document.activeElement !== input) input.value = search.q ?? "";
  }, [search.q]);
  const all = (name: string) => ({ value: "", label: `${name}: ${t("common.all")}` });
  return (
    <div className="filters" role="search">
      <TextInput
        ref={field}
        type="search"
        aria-label={t("devices.search")}
        placeholder={t("devices.search")}
        defaultValue={search.q ?? ""}
        onChange={(event) => searchSoon(event.currentTarget.value)}
      />
      <NativeSelect
        aria-label={t("devices.site")}
        value={String(search.site ?? "")}
        onChange={({ currentTarget: { value } }) => change({ site: value === "" ? undefined : Number(value) })}
        data={[all(t("devices.site")), ...(sites.data?.items ?? []).map((site) => ({ value: String(site.id), label: site.path.join(" › ") }))]}
      />
      <NativeSelect
        aria-label={t("devices.profile")}
        value={search.profile ?? ""}
        onChange={({ currentTarget: { value } }) => change({ profile: value === "" ? undefined : value })}
        data={[all(t("devices.profile")), ...(profiles.data?.items ?? []).map((one) => ({ value: one.name, label: own(one.title) }))]}
      />
      <NativeSelect
        aria-label={t("devices.state")}
        value={search.state ?? ""}
        onChange={({ currentTarget: { value } }) => change({ state: value === "late" || value === "silent" ? value : undefined })}
        data={[all(t("devices.state")), ...(["late", "silent"] as const).map((value) => ({ value, label: t(`state.${value}`) }))]}
      />
    </div>
  );
}

/** Without the parts that say nothing. */
function present(search: { [Part in keyof DevicesSearch]: DevicesSearch[Part] | undefined }): DevicesSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
