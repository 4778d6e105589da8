import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";

const SUGGESTIONS = 20;
const ASK_AFTER_MS = 300;

/** The key of the device through which another one reports, with suggestions while it is typed; empty for none. */
export function GatewayField({ own, value, onChange }: { own: string; value: string; onChange: (key: string) => void }) {
  const { t } = useTexts();
  const list = useId();
  const [asked] = useDebouncedValue(value, ASK_AFTER_MS);
  const found = useQuery({
    queryKey: ["devices", "suggested", asked],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { limit: SUGGESTIONS, ...(asked === "" ? {} : { q: asked }) } } })),
    placeholderData: (previous) => previous,
  });
  return (
    <>
      <TextInput
        label={t("device.gateway")}
        description={t("device.gatewayHint")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        list={list}
        maxLength={64}
        pattern="[A-Za-z0-9_.\-]{1,64}"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <datalist id={list}>
        {(found.data?.items ?? [])
          .filter(({ key }) => key !== own)
          .map(({ key, name }) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
      </datalist>
    </>
  );
}
