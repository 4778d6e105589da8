import { Button, Group, NativeSelect, NumberInput, Paper, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";

const FORMATS = ["a4-24", "a4-10", "single"] as const;

interface Props {
  devices: readonly Device[];
  chosen: ReadonlySet<string>;
  choose: (keys: ReadonlySet<string>) => void;
  close: () => void;
}

/** What is done with the devices that are ticked: their labels, as PDF. */
export function Labels({ devices, chosen, choose, close }: Props) {
  const { t, language } = useTexts();
  const rights = useRights();
  const [format, setFormat] = useState<(typeof FORMATS)[number]>("a4-24");
  const [skip, setSkip] = useState<number | string>(0);
  const possible = devices.filter(({ site_id: site }) => rights.on("configure", site)).map(({ key }) => key);
  const print = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/v1/labels", {
          params: { header: { "accept-language": language } },
          body: { devices: possible.filter((key) => chosen.has(key)), format, language, skip: format === "single" ? 0 : Number(skip) },
          parseAs: "blob",
        }),
      ),
    onSuccess: (pdf) => download("calha-labels.pdf", pdf, "application/pdf"),
  });
  return (
    <Paper className="panel" p="sm" mb="sm" component="section" aria-label={t("labels.title")}>
      <Group gap="sm" align="end">
        <Text size="sm" className="number" style={{ flex: "1 1 160px" }} role="status">
          {t("labels.chosen", { n: chosen.size })}
        </Text>
        <Button variant="default" onClick={() => choose(new Set(chosen.size === possible.length ? [] : possible))}>
          {t(chosen.size === possible.length ? "labels.none" : "labels.all")}
        </Button>
        <NativeSelect label={t("labels.format")} value={format} onChange={(event) => setFormat(event.currentTarget.value as (typeof FORMATS)[number])} data={FORMATS.map((value) => ({ value, label: t(`labels.${value}`) }))} />
        {format !== "single" && <NumberInput label={t("labels.skip")} value={skip} onChange={setSkip} min={0} max={23} allowDecimal={false} w={130} />}
        <Button loading={print.isPending} disabled={chosen.size === 0} onClick={() => print.mutate()}>
          {t("labels.print")}
        </Button>
        <Button variant="default" onClick={close}>
          {t("common.done")}
        </Button>
      </Group>
      <Refusal error={print.error} />
    </Paper>
  );
}
