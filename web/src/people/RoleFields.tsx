import { NativeSelect, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Role } from "../api/client";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import { ROLES } from "./roles";

export interface RoleAt {
  role: Role;
  /** null: the whole installation. */
  site: number | null;
}

/** A role in plain words, and the part of the site tree where it holds. */
export function RoleFields({ value, onChange, roles = ROLES }: { value: RoleAt; onChange: (value: RoleAt) => void; roles?: readonly Role[] }) {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery).data?.items ?? [];
  return (
    <div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <NativeSelect
          label={t("role.label")}
          value={value.role}
          onChange={(event) => onChange({ ...value, role: event.currentTarget.value as Role })}
          data={roles.map((role) => ({ value: role, label: t(`role.${role}`) }))}
        />
        <NativeSelect
          label={t("role.where")}
          value={String(value.site ?? "")}
          onChange={({ currentTarget: { value: chosen } }) => onChange({ ...value, site: chosen === "" ? null : Number(chosen) })}
          data={[{ value: "", label: t("role.everywhere") }, ...sites.map((site) => ({ value: String(site.id), label: `${"\u2003".repeat(site.path.length - 1)}${site.name}` }))]}
        />
      </SimpleGrid>
      <Text size="xs" className="quiet" mt={4}>
        {t(`roleText.${value.role}`)}
      </Text>
    </div>
  );
}

/** "Operator on ETA › Bombas", in words. */
export function useRoleText(): (role: Role, site: number | null) => string {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery).data?.items ?? [];
  return (role, site) => {
    const place = site === null ? t("role.everywhere") : (sites.find(({ id }) => id === site)?.path.join(" › ") ?? `#${site}`);
    return `${t(`role.${role}`)} · ${place}`;
  };
}
