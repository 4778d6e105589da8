import { Button, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { shownOf, type Span } from "../chart/range";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { Dropdown } from "../ui/Dropdown";
import { submitting } from "../ui/Saving";
import { momentOf, wallOf } from "./zoned";

interface Props {
  span: Span;
  zone: string;
  choose: (from: number, to: number) => void;
}

/** From when until when, as the clock of the zone shows it. */
export function PeriodForm({ span, zone, choose }: Props) {
  const { t } = useTexts();
  return (
    <Dropdown label={t("explore.period")}>
      {(close) => (
        <Fields
          span={span}
          zone={zone}
          choose={(from, to) => {
            close();
            choose(from, to);
          }}
        />
      )}
    </Dropdown>
  );
}

function Fields({ span, zone, choose }: Props) {
  const { t } = useTexts();
  const [shown] = useState(() => shownOf(span, live.clock));
  const [from, setFrom] = useState(() => wallOf(shown.from, zone));
  const [to, setTo] = useState(() => wallOf(shown.to, zone));
  const [begin, end] = [momentOf(from, zone), momentOf(to, zone)];
  const isOrdered = begin < end;
  return (
    <form onSubmit={submitting(() => isOrdered && choose(begin, end))}>
      <Stack gap="xs" p={6}>
        <TextInput type="datetime-local" step={1} label={t("explore.from", { zone })} value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)} required data-autofocus />
        <TextInput type="datetime-local" step={1} label={t("explore.to")} value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)} required error={isOrdered ? undefined : t("problem.bad_time")} />
        <Button type="submit" size="xs" disabled={!isOrdered}>
          {t("explore.showPeriod")}
        </Button>
      </Stack>
    </form>
  );
}
