import { PasswordInput, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { type Translate, useTexts } from "../i18n";

const MIN_CHARS = 12;
const ASK_AFTER_MS = 300;
const STEPS = [1, 2, 3, 4];

interface Strength {
  score: number;
  known: boolean;
  good: boolean;
}

/** A password to be chosen, and how good it would be. `words`: the person's own, which are guessed first. */
export function NewPassword({ label, value, onChange, words }: { label: string; value: string; onChange: (value: string) => void; words: readonly string[] }) {
  const { t } = useTexts();
  const [asked] = useDebouncedValue(value, ASK_AFTER_MS);
  const { data } = useQuery({
    queryKey: ["strength", asked, words],
    queryFn: () => take(api.POST("/api/v1/passwords/strength", { body: { password: asked, words: words.filter((word) => word !== "").slice(0, 5) } })),
    enabled: asked.length >= MIN_CHARS,
    gcTime: 0, // no password stays in memory for longer than it is typed
    staleTime: Infinity,
  });
  const strength = value.length < MIN_CHARS ? undefined : data;
  return (
    <div>
      <PasswordInput
        label={label}
        description={t("password.hint")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        required
        minLength={MIN_CHARS}
        maxLength={200}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
      />
      <div className="strength" data-good={strength?.good === true} aria-hidden="true">
        {STEPS.map((step) => (
          <span key={step} data-on={strength !== undefined && !strength.known && strength.score >= step} />
        ))}
      </div>
      <Text size="xs" className="quiet" role="status" mih="1.4em">
        {value === "" ? "" : verdictOn(value, strength, t)}
      </Text>
    </div>
  );
}

function verdictOn(value: string, strength: Strength | undefined, t: Translate): string {
  if (value.length < MIN_CHARS) return t("password.short", { n: MIN_CHARS - value.length });
  if (strength === undefined) return "…";
  if (strength.known) return t("password.known");
  return strength.good ? (strength.score >= 4 ? t("password.strong") : t("password.good")) : t("password.weak");
}
