import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { submitting } from "../ui/Saving";
import { DeviceField, SiteField } from "./fields";
import { withoutVariable } from "./kinds";
import type { Dashboard, Document, Variable } from "./types";
import { generalised } from "./variables";

const MAX_VARIABLES = 8;

interface Props {
  board: Dashboard;
  document: Document;
  close: () => void;
  change: (document: Document) => void;
}

/** Variables: what whoever looks may choose, so that one dashboard serves many devices or sites. */
export function VariablesForm({ board, document, close, change }: Props) {
  const { t } = useTexts();
  return (
    <Dialog onClose={close} title={t("boards.variables")} size="lg" closeButtonProps={{ "aria-label": t("common.close") }}>
      <Text size="sm" className="quiet" mb="sm">
        {t("boards.variablesText")}
      </Text>
      {document.variables.map((one) => (
        <Group key={one.key} justify="space-between" className="list-line">
          <span>
            <b>${one.key}</b> {one.name} <span className="quiet">{one.kind === "device" ? [one.profile, one.device].filter((part) => part !== "").join(" · ") : ""}</span>
          </span>
          <Button size="compact-sm" variant="default" onClick={() => change(withoutVariable(document, one))}>
            {t("common.delete")}
          </Button>
        </Group>
      ))}
      {document.variables.length < MAX_VARIABLES && <NewVariable board={board} document={document} change={change} />}
    </Dialog>
  );
}

function NewVariable({ board, document, change }: Omit<Props, "close">) {
  const { t } = useTexts();
  const [kind, setKind] = useState<Variable["kind"]>("device");
  const [name, setName] = useState("");
  const [device, setDevice] = useState("");
  const [site, setSite] = useState<number>(board.site_id);
  const add = async () => {
    const key = freeKey(name, document.variables);
    if (kind === "site") change({ ...document, variables: [...document.variables, { kind, key, name, site }] });
    else {
      const profile = await take(api.GET("/api/v1/devices/{key}", { params: { path: { key: device } } })).then((found) => found.profile, () => "");
      change(generalised(document, device, { kind, key, name, profile, device }));
    }
    setName("");
    setDevice("");
  };
  return (
    <form onSubmit={submitting(() => void add())}>
      <Stack gap="sm" mt="md">
        <Group grow align="end">
          <NativeSelect label={t("boards.variableKind")} value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value === "site" ? "site" : "device")} data={[{ value: "device", label: t("boards.device") }, { value: "site", label: t("boards.site") }]} />
          <TextInput label={t("boards.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
        </Group>
        {kind === "device" ? (
          <DeviceField site={board.site_id} variables={[]} value={device} set={setDevice} label={t("boards.variableDevice")} />
        ) : (
          <SiteField site={board.site_id} variables={[]} value={site === board.site_id ? null : site} set={(chosen) => setSite(typeof chosen === "number" ? chosen : board.site_id)} />
        )}
        <Button type="submit" style={{ alignSelf: "start" }}>
          {t("boards.addVariable")}
        </Button>
      </Stack>
    </form>
  );
}

/** A key made of a name, that no other variable has. */
function freeKey(name: string, variables: readonly Variable[]): string {
  const plain = name.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "_").replace(/^[^A-Za-z]+|_+$/g, "").toLowerCase().slice(0, 24);
  const begin = plain === "" ? "v" : plain;
  const taken = new Set(variables.map(({ key }) => key));
  for (let n = 1; ; n += 1) {
    const key = n === 1 ? begin : `${begin}_${n}`;
    if (!taken.has(key)) return key;
  }
}
