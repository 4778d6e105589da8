import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";

interface Props {
  /** null: nobody. */
  value: number | null;
  set: (site: number | null) => void;
  /** Whether it may be for oneself only. */
  isOwn: boolean;
  size?: "xs" | "sm";
}

/** With whom a view is shared: whoever sees a site. Nothing for somebody who works on none. */
export function SharedWith({ value, set, isOwn, size = "sm" }: Props) {
  const { t } = useTexts();
  const rights = useRights();
  const sites = useQuery({ ...sitesQuery, enabled: rights.somewhere("operate") }).data?.items ?? [];
  const places = sites.filter(({ id }) => id === value || rights.on("operate", id)).map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }));
  if (places.length === 0) return null;
  return (
    <NativeSelect
      size={size}
      label={t("views.with")}
      description={value === null ? undefined : t("views.withText")}
      value={String(value ?? "")}
      onChange={({ currentTarget }) => set(currentTarget.value === "" ? null : Number(currentTarget.value))}
      data={isOwn ? [{ value: "", label: t("views.withNobody") }, ...places] : places}
    />
  );
}
