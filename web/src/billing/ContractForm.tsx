import { NativeSelect, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useMeters } from "../consumption/useConsumption";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { blankTerms, type Terms, TermFields, termsBody } from "./TermFields";
import type { Customer } from "./types";

const DEVICES_SHOWN = 30;

/** A new contract: the device and what counts there, the tariff, the day from which on, and the terms. */
export function ContractForm({ customer, close }: { customer: Customer; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [number, setNumber] = useState("");
  const [device, setDevice] = useState<string | null>(null);
  const [channel, setChannel] = useState("");
  const [fromDay, setFromDay] = useState("");
  const [cycleDay, setCycleDay] = useState("1");
  const [terms, setTerms] = useState<Terms>(blankTerms);
  const meters = useMeters(device ?? "").data ?? [];
  const counted = meters.find((one) => one.channel === channel)?.channel ?? meters.find(({ source }) => source === "register")?.channel ?? meters[0]?.channel ?? "";
  const add = useMutation({
    mutationFn: () =>
      take(api.POST("/api/v1/contracts", { body: { number, customer_id: customer.id, device: device ?? "", channel: counted, from_day: fromDay, cycle_day: Number(cycleDay), ...termsBody(terms) } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["contracts"] });
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("contracts.new")} size="lg">
      <form onSubmit={submitting(() => add.mutate())}>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput label={t("contract.number")} placeholder="C-1001" value={number} onChange={(event) => setNumber(event.currentTarget.value)} pattern="[A-Za-z0-9_.\/\-]{1,64}" required data-autofocus />
            <TextInput type="date" label={t("contract.from")} value={fromDay} onChange={(event) => setFromDay(event.currentTarget.value)} required />
            <DeviceSelect value={device} onChange={setDevice} />
            <NativeSelect
              label={t("contract.channel")}
              value={counted}
              onChange={(event) => setChannel(event.currentTarget.value)}
              data={meters.map((one) => ({ value: one.channel, label: `${one.channel} (${one.unit})` }))}
              required
            />
            <TextInput type="number" label={t("contract.cycleDay")} description={t("contract.cycleDayText")} min={1} max={31} value={cycleDay} onChange={(event) => setCycleDay(event.currentTarget.value)} required />
          </SimpleGrid>
          {device !== null && meters.length === 0 && (
            <Text size="sm">
              {t("contract.nothingCounts")}{" "}
              <Link to="/devices/$key" params={{ key: device }} className="plain-link">
                {device}
              </Link>
            </Text>
          )}
          <TermFields value={terms} onChange={setTerms} device={device ?? ""} counted={counted} />
          <Submit change={add} disabled={device === null || counted === "" || terms.tariff === ""}>
            {t("contract.make")}
          </Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

/** A device, found by name, key or serial number on the server. */
function DeviceSelect({ value, onChange }: { value: string | null; onChange: (device: string | null) => void }) {
  const { t } = useTexts();
  const [typed, type] = useState("");
  const [q] = useDebouncedValue(typed, 250);
  const found = useQuery({
    queryKey: ["devices", "select", q],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { ...(q === "" ? {} : { q }), limit: DEVICES_SHOWN } } })),
    placeholderData: keepPreviousData,
  });
  const devices = (found.data?.items ?? []).map(({ key, name }) => ({ value: key, label: key === name ? key : `${name} (${key})` }));
  if (value !== null && !devices.some((one) => one.value === value)) devices.push({ value, label: value });
  return <Select label={t("contract.device")} searchable required value={value} onChange={onChange} onSearchChange={type} filter={({ options }) => options} data={devices} nothingFoundMessage={t("devices.noMatch")} />;
}
