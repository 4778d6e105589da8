import { NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { changedParts } from "../ui/changed";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import type { Customer } from "./types";
import { useBilledSites } from "./useBilling";

const BLANK = { name: "", document: "", email: "", address: "", city: "", language: "pt-BR" };

/** Who pays: a new customer, or one that is there. */
export function CustomerForm({ customer, close, done }: { customer?: Customer; close: () => void; done: (customer: Customer) => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const sites = useBilledSites();
  const [data, setData] = useState(customer ?? BLANK);
  const [site, setSite] = useState(customer?.site_id);
  const [person, setPerson] = useState(customer?.person_id ?? null);
  const { name, document, email, address, city } = data;
  const body = { name, document: document.replace(/\D/g, ""), email, address, city, language: data.language as "pt-BR" | "en", person_id: person, site_id: site ?? sites[0]?.id ?? 0 };
  const [began] = useState(body);
  const save = useMutation({
    mutationFn: () =>
      customer === undefined
        ? take(api.POST("/api/v1/customers", { body }))
        : take(api.PATCH("/api/v1/customers/{customer_id}", { params: { path: { customer_id: customer.id } }, body: changedParts(began, body) })),
    onSuccess: async (saved) => {
      await Promise.all(["customer", "customers"].map((name) => queries.invalidateQueries({ queryKey: [name] })));
      close();
      done(saved);
    },
  });
  const text = (name: "name" | "document" | "email" | "address" | "city") => ({
    label: t(`customer.${name}`),
    value: data[name],
    onChange: ({ currentTarget: { value } }: React.ChangeEvent<HTMLInputElement>) => setData({ ...data, [name]: value }),
  });
  return (
    <Dialog onClose={close} title={t(customer === undefined ? "customers.new" : "customers.edit")} size="lg">
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          <TextInput {...text("name")} required maxLength={100} data-autofocus />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput {...text("document")} inputMode="numeric" maxLength={20} />
            <TextInput {...text("email")} type="email" maxLength={254} />
            <TextInput {...text("address")} maxLength={200} />
            <TextInput {...text("city")} maxLength={60} />
            <NativeSelect
              label={t("customer.language")}
              value={data.language}
              onChange={({ currentTarget: { value } }) => setData({ ...data, language: value })}
              data={[
                { value: "pt-BR", label: "Português (Brasil)" },
                { value: "en", label: "English" },
              ]}
            />
            <NativeSelect
              label={t("customer.site")}
              value={String(site ?? sites[0]?.id ?? "")}
              onChange={({ currentTarget: { value } }) => setSite(Number(value))}
              data={sites.map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))}
            />
          </SimpleGrid>
          <AccountField value={person} onChange={setPerson} />
          <Submit change={save} disabled={sites.length === 0}>
            {t("common.save")}
          </Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

const PEOPLE_SHOWN = 200;

/** The account with which the customer looks at his own invoices; only an administrator knows the accounts. */
function AccountField({ value, onChange }: { value: number | null; onChange: (person: number | null) => void }) {
  const { t } = useTexts();
  const mayKnow = useRights().on("administer", null);
  const people = useQuery({ queryKey: ["people", "all"], queryFn: () => take(api.GET("/api/v1/people", { params: { query: { limit: PEOPLE_SHOWN } } })), enabled: mayKnow });
  if (!mayKnow) return null;
  return (
    <NativeSelect
      label={t("customer.account")}
      description={t("customer.accountText")}
      value={String(value ?? "")}
      onChange={({ currentTarget: { value: chosen } }) => onChange(chosen === "" ? null : Number(chosen))}
      data={[{ value: "", label: t("customer.noAccount") }, ...(people.data?.items ?? []).map((one) => ({ value: String(one.id), label: `${one.name} (${one.email ?? one.user_name ?? one.id})` }))]}
    />
  );
}
