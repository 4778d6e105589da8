import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Anonymise } from "../people/Anonymise";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import type { Customer } from "./types";

/** What a customer is owed under the data protection law, whether he has an account or not. */
export function CustomerPrivacy({ customer }: { customer: Customer }) {
  const { t } = useTexts();
  const [asks, setAsks] = useState(false);
  const path = { customer_id: customer.id };
  const exported = useMutation({
    mutationFn: () => take(api.GET("/api/v1/customers/{customer_id}/export", { params: { path } })),
    onSuccess: (known) => download(`customer-${customer.id}.json`, JSON.stringify(known, null, 2), "application/json"),
  });
  return (
    <Section title={t("privacy.title")} text={t("customerPrivacy.text")}>
      <Refusal error={exported.error} />
      <Group gap="xs">
        <Button variant="default" loading={exported.isPending} onClick={() => exported.mutate()}>
          {t("privacy.export")}
        </Button>
        {customer.person_id === null && (
          <Button variant="default" onClick={() => setAsks(true)}>
            {t("privacy.anonymise")}
          </Button>
        )}
      </Group>
      {customer.person_id !== null && (
        <Text size="sm" mt={6} className="quiet">
          {t("customerPrivacy.hasAccount")}
        </Text>
      )}
      {asks && (
        <Anonymise
          name={customer.name}
          warning={t("customerPrivacy.ask", { name: customer.name })}
          done={t("customerPrivacy.done")}
          forget={() => take(api.DELETE("/api/v1/customers/{customer_id}", { params: { path } }))}
          close={() => setAsks(false)}
        />
      )}
    </Section>
  );
}
