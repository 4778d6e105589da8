import { Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useCallback, useState } from "react";
import { api, Problem, take } from "../api/client";
import { useTexts } from "../i18n";
import { add } from "../outbox/outbox";
import { PageTitle } from "../shell/Pages";
import { Refusal, submitting } from "../ui/Saving";
import { later } from "../ui/later";
import { ClaimForm } from "./ClaimForm";
import { codeIn } from "./code";

const Scanner = later(async () => (await import("./Scanner")).Scanner);

/** Where the code on a label leads: make the device one's own. Without a code: scan one, or type it. */
export function ClaimPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const code = useLocation({ select: ({ hash }) => codeIn(hash) });
  const open = useCallback((text: string) => void navigate({ to: "/claim", hash: codeIn(text) }), [navigate]);
  return (
    <>
      <PageTitle title={t("claim.title")} />
      <Paper className="panel" p="md" maw={520}>
        {code === "" ? <FindCode open={open} /> : <Offer code={code} />}
      </Paper>
    </>
  );
}

function FindCode({ open }: { open: (text: string) => void }) {
  const { t } = useTexts();
  const [scans, setScans] = useState(false);
  const [typed, setTyped] = useState("");
  return (
    <Stack gap="md">
      <Text>{t("claim.text")}</Text>
      {scans ? (
        <Suspense fallback={<Text className="quiet">…</Text>}>
          <Scanner found={open} />
        </Suspense>
      ) : (
        <Button onClick={() => setScans(true)} style={{ alignSelf: "start" }}>
          {t("scan.start")}
        </Button>
      )}
      <form onSubmit={submitting(() => open(typed))}>
        <Group align="end" gap="xs">
          <TextInput label={t("claim.code")} placeholder="7K3M-9QXC-4T2H" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} required maxLength={40} autoCapitalize="characters" autoComplete="off" style={{ flex: 1 }} />
          <Button type="submit" variant="default">
            {t("claim.look")}
          </Button>
        </Group>
      </form>
    </Stack>
  );
}

function Offer({ code }: { code: string }) {
  const { t, own } = useTexts();
  const offer = useQuery({ queryKey: ["claim", code], queryFn: () => take(api.GET("/api/v1/claims/{code}", { params: { path: { code } } })), retry: false, staleTime: 0 });
  if (offer.error instanceof Problem && offer.error.status === 404) return <Elsewhere text={t("claim.unknown", { code })} />;
  if (offer.error !== null && !(offer.error instanceof Problem) && window.isSecureContext) return <ClaimLater code={code} />;
  if (offer.error !== null) return <Refusal error={offer.error} />;
  if (offer.data === undefined) return <Text className="quiet">…</Text>;
  const { title, serial, free, yours, profile } = offer.data;
  const name = own(title) || profile;
  if (yours) return <Elsewhere text={t("claim.yours", { name })} />;
  if (!free) return <Elsewhere text={t("claim.taken", { name })} />;
  return <ClaimForm code={code} name={name} serial={serial} />;
}

/** The server cannot be reached: the label is kept, and claimed as soon as it can. */
function ClaimLater({ code }: { code: string }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const keep = useMutation({ networkMode: "always", mutationFn: () => add({ kind: "claim", code }), onSuccess: () => navigate({ to: "/outbox" }) });
  return (
    <Stack gap="md" align="start">
      <Text role="status">{t("outbox.claimLater", { code })}</Text>
      <Refusal error={keep.error} />
      <Button onClick={() => keep.mutate()} loading={keep.isPending}>
        {t("outbox.keepClaim")}
      </Button>
    </Stack>
  );
}

function Elsewhere({ text }: { text: string }) {
  const { t } = useTexts();
  return (
    <Stack gap="md" align="start">
      <Text role="status">{text}</Text>
      <Group gap="xs">
        <Button component={Link} to="/claim" variant="default">
          {t("claim.another")}
        </Button>
        <Button component={Link} to="/" variant="default">
          {t("nav.devices")}
        </Button>
      </Group>
    </Stack>
  );
}
