import { Button, Group, NumberInput, Text } from "@mantine/core";
import { useState } from "react";
import { useTexts } from "../i18n";

export interface Position {
  latitude: number;
  longitude: number;
}

/** Both numbers of a position as they are typed; a form is not sent while there is one alone. */
export interface TypedPosition {
  latitude: number | string;
  longitude: number | string;
}

export function typedOf(position: Position | null | undefined): TypedPosition {
  return position ?? { latitude: "", longitude: "" };
}

export function positionOf({ latitude, longitude }: TypedPosition): Position | null {
  return latitude === "" || longitude === "" ? null : { latitude: Number(latitude), longitude: Number(longitude) };
}

const DECIMALS = 6; // 0.1 m
const WITHIN_MS = 20_000;

/** Where something is, in degrees as a phone or a map tells them; on the spot, the device one holds can say it. */
export function PositionFields({ value, set }: { value: TypedPosition; set: (value: TypedPosition) => void }) {
  const { t } = useTexts();
  const [trouble, setTrouble] = useState("");
  const isBegun = value.latitude !== "" || value.longitude !== "";
  const find = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => {
        setTrouble("");
        set({ latitude: Number(latitude.toFixed(DECIMALS)), longitude: Number(longitude.toFixed(DECIMALS)) });
      },
      () => setTrouble(t("outbox.noPosition")),
      { enableHighAccuracy: true, timeout: WITHIN_MS },
    );
  return (
    <div>
      <Group grow gap="xs" align="start">
        <NumberInput label={t("boards.latitude")} value={value.latitude} onChange={(latitude) => set({ ...value, latitude })} min={-85} max={85} decimalScale={DECIMALS} hideControls required={isBegun} placeholder="-8.05" />
        <NumberInput label={t("boards.longitude")} value={value.longitude} onChange={(longitude) => set({ ...value, longitude })} min={-180} max={180} decimalScale={DECIMALS} hideControls required={isBegun} placeholder="-34.9" />
      </Group>
      <Group gap="xs" mt={6}>
        {window.isSecureContext && (
          <Button size="compact-sm" variant="default" onClick={find}>
            {t("sites.here")}
          </Button>
        )}
        {isBegun && (
          <Button size="compact-sm" variant="default" onClick={() => set({ latitude: "", longitude: "" })}>
            {t("outbox.removePosition")}
          </Button>
        )}
        <Text size="sm" className="quiet" role="status">
          {trouble}
        </Text>
      </Group>
    </div>
  );
}
