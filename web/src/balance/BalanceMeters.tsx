import { NativeSelect, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { amountText } from "../consumption/BarChart";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { qualityText } from "../ui/words";
import { type Balance, type Part, type Role, roles, useRole } from "./useBalance";

/** What each meter contributes to a balance, and as what. */
export function BalanceMeters({ site, balance }: { site: number; balance: Balance }) {
  const { t } = useTexts();
  const mayConfigure = useRights().on("configure", site);
  const known = [...balance.parts.map((part) => ({ part, isOwn: part.site_id === null })), ...balance.candidates.map((part) => ({ part, isOwn: true }))];
  const change = useRole(
    site,
    known.map(({ part }) => part),
  );
  return (
    <Section title={t("balance.meters")} text={t("balance.metersText")}>
      <Refusal error={change.error} />
      {known.length === 0 ? (
        <Text className="quiet">{t("balance.noMeters")}</Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("balance.meter")}</Table.Th>
                <Table.Th>{t("balance.role")}</Table.Th>
                <Table.Th ta="right">{t("balance.amount")}</Table.Th>
                <Table.Th>{t("chart.quality")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {known.map(({ part, isOwn }) => (
                <Row key={`${part.device} ${part.channel}`} part={part} isBusy={change.isPending} say={mayConfigure && isOwn ? (role) => change.mutate({ part, role }) : null} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}

function Row({ part, isBusy, say }: { part: Part; isBusy: boolean; say: ((role: Role) => void) | null }) {
  const { t, language } = useTexts();
  const counts = part.role !== "none";
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/devices/$key/consumption" params={{ key: part.device }} search={{ channel: part.channel }} className="plain-link">
          {part.device}
        </Link>{" "}
        <span className="quiet">{part.channel}</span>
        {part.site !== null && <div className="quiet">{part.site}</div>}
      </Table.Td>
      <Table.Td>
        {say === null ? (
          t(`balanceRole.${part.role}`)
        ) : (
          <NativeSelect
            size="xs"
            aria-label={t("balance.roleOf", { device: part.device, channel: part.channel })}
            value={part.role}
            disabled={isBusy}
            onChange={({ currentTarget: { value } }) => say(value as Role)}
            data={roles.map((value) => ({ value, label: t(`balanceRole.${value}`) }))}
          />
        )}
      </Table.Td>
      <Table.Td className="number" ta="right">
        {counts ? amountText(part.amount, "m³", language) : "—"}
      </Table.Td>
      <Table.Td>{counts && qualityText(part.quality, t)}</Table.Td>
    </Table.Tr>
  );
}
