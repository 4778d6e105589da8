import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Gateway } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Mark } from "../ui/Mark";

type Plc = NonNullable<Gateway["report"]>["plcs"][number];

/** The PLCs that a gateway reads itself, as it said last. */
export function GatewayPlcs({ plcs, zone }: { plcs: Plc[]; zone: string }) {
  const { t } = useTexts();
  if (plcs.length === 0) return null;
  return (
    <div>
      <Text size="sm" className="quiet">
        {t("gateway.plcs")}
      </Text>
      <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {plcs.map((plc) => (
          <li key={plc.name}>
            <PlcLine plc={plc} zone={zone} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function PlcLine({ plc, zone }: { plc: Plc; zone: string }) {
  const { t, language } = useTexts();
  const connected = plc.state === "connected";
  const said = plc.last_at === null ? t("gateway.plcNoValue") : t("gateway.plcLast", { time: formatTime(plc.last_at, language, zone) });
  return (
    <>
      <Text size="sm" style={{ display: "flex", gap: 8, alignItems: "baseline", flexWrap: "wrap" }}>
        <Mark kind={connected && plc.good === plc.nodes ? "ok" : "warn"} />
        <span>{plc.name}</span>
        <Link to="/devices/$key" params={{ key: plc.device }} className="plain-link">
          {plc.device}
        </Link>
        <span className="number">{t("gateway.plcNodes", { good: plc.good, n: plc.nodes })}</span>
        <span className="quiet">{said}</span>
      </Text>
      {plc.trouble !== "" && (
        <Text size="sm" className="quiet" style={{ overflowWrap: "anywhere" }}>
          {t("gateway.plcTrouble", { error: plc.trouble })}
        </Text>
      )}
      {plc.lost > 0 && <Text size="sm">{t("gateway.plcLost", { n: plc.lost })}</Text>}
    </>
  );
}
