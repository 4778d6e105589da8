import { NativeSelect } from "@mantine/core";
import { useEffect } from "react";
import { usePlaceChoices } from "./useTeams";

/** A site that the person configures; null for the whole installation, undefined while nothing is chosen. */
export function PlaceSelect({ label, description, value, onChange }: { label: string; description: string; value: number | null | undefined; onChange: (value: number | null) => void }) {
  const choices = usePlaceChoices();
  const first = choices[0]?.value;
  useEffect(() => {
    if (value === undefined && first !== undefined) onChange(first === "" ? null : Number(first));
  }, [value, first, onChange]);
  return (
    <NativeSelect
      label={label}
      description={description}
      value={String(value ?? "")}
      onChange={({ currentTarget: { value: chosen } }) => onChange(chosen === "" ? null : Number(chosen))}
      data={choices}
    />
  );
}
