import { ActionIcon, Button, Checkbox, Group, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { CopyButton } from "../billing/CopyButton";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { EVERY_S, LEAST_S, MOST_S } from "./rotation";
import { useBoards } from "./useBoards";

interface Chosen {
  id: number;
  name: string;
}

/** Which dashboards a screen shows one after the other, in which order, and how long each. */
export function KioskForm({ close }: { close: () => void }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [chosen, choose] = useState<readonly Chosen[]>([]);
  const [every, setEvery] = useState<number | string>(EVERY_S);
  const search = { boards: chosen.map(({ id }) => id).join(","), every: Math.min(MOST_S, Math.max(LEAST_S, Number(every) || EVERY_S)) };
  const address = `${location.origin}/kiosk?${new URLSearchParams({ boards: search.boards, every: String(search.every) }).toString()}`;
  return (
    <Dialog onClose={close} title={t("boards.kioskTitle")} size="lg">
      <Stack gap="md">
        <Offered chosen={chosen} choose={choose} />
        <Order chosen={chosen} choose={choose} />
        <NumberInput label={t("boards.kioskEvery")} value={every} onChange={setEvery} min={LEAST_S} max={MOST_S} suffix=" s" maw={220} disabled={chosen.length < 2} />
        <Group justify="end">
          {chosen.length > 0 && (
            <CopyButton text={address} variant="default">
              {t("boards.kioskCopy")}
            </CopyButton>
          )}
          <Button disabled={chosen.length === 0} onClick={() => void navigate({ to: "/kiosk", search })}>
            {t("boards.kioskStart")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

interface Choice {
  chosen: readonly Chosen[];
  choose: (chosen: readonly Chosen[]) => void;
}

function Offered({ chosen, choose }: Choice) {
  const { t } = useTexts();
  const [search, setSearch] = useState("");
  const boards = useBoards(useDeferredValue(search));
  const isChosen = (id: number) => chosen.some((one) => one.id === id);
  return (
    <div>
      <TextInput aria-label={t("boards.search")} placeholder={t("boards.search")} type="search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} maxLength={100} mb="xs" data-autofocus />
      <Loaded query={boards} height={80}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Text className="quiet">{t(search === "" ? "boards.none" : "boards.notFound")}</Text>;
          return (
            <ul className="plain-list">
              {items.map(({ id, name }) => (
                <li key={id} style={{ padding: "4px 0" }}>
                  <Checkbox label={name} checked={isChosen(id)} onChange={({ currentTarget }) => choose(currentTarget.checked ? [...chosen, { id, name }] : chosen.filter((one) => one.id !== id))} />
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <More of={boards} />
    </div>
  );
}

/** The order in which they are shown, where there is one. */
function Order({ chosen, choose }: Choice) {
  const { t } = useTexts();
  if (chosen.length < 2) return null;
  const up = (place: number) => choose(chosen.map((one, n) => (n === place - 1 ? (chosen[place] ?? one) : n === place ? (chosen[place - 1] ?? one) : one)));
  return (
    <div>
      <Text fw={600} size="sm">
        {t("boards.kioskOrder")}
      </Text>
      <ol style={{ margin: 0, paddingLeft: 24 }}>
        {chosen.map(({ id, name }, place) => (
          <li key={id}>
            <Group gap="xs" wrap="nowrap">
              <span className="cut">{name}</span>
              {place > 0 && (
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("boards.kioskUp", { name })} onClick={() => up(place)}>
                  ↑
                </ActionIcon>
              )}
            </Group>
          </li>
        ))}
      </ol>
    </div>
  );
}
