import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";

const SHOWN = 20;

/** One customer, found by name or document on the server; null for any. */
export function CustomerSelect({ label, value, onChange }: { label: string; value: number | null; onChange: (customer: number | null) => void }) {
  const { t } = useTexts();
  const [typed, type] = useState("");
  const [search] = useDebouncedValue(typed, 250);
  const chosen = useQuery({
    queryKey: ["customer", value],
    queryFn: () => take(api.GET("/api/v1/customers/{customer_id}", { params: { path: { customer_id: value ?? 0 } } })),
    enabled: value !== null,
  });
  const isTyped = search !== chosen.data?.name;
  const found = useQuery({
    queryKey: ["customers", "select", isTyped ? search : ""],
    queryFn: () => take(api.GET("/api/v1/customers", { params: { query: { search: isTyped ? search : "", limit: SHOWN } } })),
    placeholderData: keepPreviousData,
  });
  const names = new Map((found.data?.items ?? []).map(({ id, name }) => [id, name]));
  if (value !== null && chosen.data !== undefined) names.set(value, chosen.data.name);
  return (
    <Select
      aria-label={label}
      placeholder={label}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("invoices.anyCustomer") }}
      nothingFoundMessage={t("customers.noMatch")}
      value={value === null ? null : String(value)}
      onChange={(id) => onChange(id === null ? null : Number(id))}
      onSearchChange={type}
      filter={({ options }) => options}
      data={[...names].map(([id, name]) => ({ value: String(id), label: name }))}
    />
  );
}
