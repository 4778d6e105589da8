import { ActionIcon, Button, NumberInput, TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { type At, DeviceField } from "./fields";
import type { Of } from "./types";

type Place = Of<"map">["places"][number];
const MAX_PLACES = 200;
const BRASILIA = { latitude: -15.8, longitude: -47.9 };

/** The places of a map, in degrees as a phone or a GPS tells them. */
export function PlaceFields({ value, set, ...at }: At & { value: readonly Place[]; set: (places: Place[]) => void }) {
  const { t } = useTexts();
  const change = (index: number, place: Place) => set(value.map((one, n) => (n === index ? place : one)));
  const last = value.at(-1) ?? BRASILIA;
  return (
    <div>
      {value.map((place, index) => (
        <div key={index} className="place-line">
          <TextInput label={t("boards.name")} value={place.name} onChange={(event) => change(index, { ...place, name: event.currentTarget.value })} maxLength={100} />
          <NumberInput label={t("boards.latitude")} value={place.latitude} onChange={(latitude) => change(index, { ...place, latitude: Number(latitude) })} min={-85} max={85} decimalScale={6} hideControls />
          <NumberInput label={t("boards.longitude")} value={place.longitude} onChange={(longitude) => change(index, { ...place, longitude: Number(longitude) })} min={-180} max={180} decimalScale={6} hideControls />
          <DeviceField {...at} value={place.device ?? ""} set={(device) => change(index, { ...place, device: device === "" ? null : device })} required={false} />
          <ActionIcon variant="default" size={36} aria-label={t("boards.removePlace", { name: place.name === "" ? (place.device ?? "") : place.name })} onClick={() => set(value.filter((_, n) => n !== index))}>
            ×
          </ActionIcon>
        </div>
      ))}
      <Button variant="default" size="compact-md" disabled={value.length >= MAX_PLACES} onClick={() => set([...value, { name: "", latitude: last.latitude, longitude: last.longitude, device: null }])}>
        {t("boards.addPlace")}
      </Button>
    </div>
  );
}
