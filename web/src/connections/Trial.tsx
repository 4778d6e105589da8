import { Alert, Button, Stack, Text } from "@mantine/core";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { live } from "../live/hooks";
import { Mark } from "../ui/Mark";
import { causeText } from "./StateText";
import type { Trial } from "./types";

const NEEDS_TRUST = new Set(["certificate_unknown", "certificate_changed"]);

/** What became of a trial: which step failed, what the server offers, and its certificate to be trusted. */
export function TrialResult({ trial, trusted, trust }: { trial: Trial; trusted: string; trust: (sha256: string) => void }) {
  const { t } = useTexts();
  const { cause, certificate } = trial;
  const asksForTrust = cause !== null && NEEDS_TRUST.has(cause);
  return (
    <Stack gap="xs" role="status" aria-live="polite">
      {trial.ok ? (
        <Text size="sm" style={{ display: "flex", gap: 8, alignItems: "center" }}>
          <Mark kind="ok" /> {trial.server === "" ? t("trial.okPlain") : t("trial.ok", { server: trial.server })}
        </Text>
      ) : (
        <Alert color={asksForTrust ? "orange" : "red"} variant="light" title={t("trial.failed")}>
          <Text size="sm">{causeText(cause ?? "server_refused", t)}</Text>
          {!asksForTrust && trial.detail !== null && (
            <Text size="sm" className="quiet" style={{ overflowWrap: "anywhere" }}>
              {trial.detail}
            </Text>
          )}
          {cause === "policy_not_offered" && trial.offered.length > 0 && (
            <Text size="sm">{t("trial.offered", { list: trial.offered.map((one) => t(`security.${one}`)).join("; ") })}</Text>
          )}
        </Alert>
      )}
      {certificate !== null && <Certificate certificate={certificate} isTrusted={certificate.sha256 === trusted} trust={trust} />}
    </Stack>
  );
}

function Certificate(props: { certificate: NonNullable<Trial["certificate"]>; isTrusted: boolean; trust: (sha256: string) => void }) {
  const { t } = useTexts();
  const time = useTime();
  const { certificate, isTrusted, trust } = props;
  const hasExpired = Date.parse(certificate.not_after) < live.clock;
  return (
    <div className="certificate">
      <Text size="sm">{t(isTrusted ? "trial.trusted" : "trial.certificate")}</Text>
      <Fingerprint sha256={certificate.sha256} />
      <Text size="sm" className="quiet" style={{ overflowWrap: "anywhere" }}>
        {t("trial.subject")}: {certificate.subject}
      </Text>
      <Text size="sm" className="quiet number">
        {t(hasExpired ? "trial.expired" : "trial.valid", { time: time(certificate.not_after) })}
      </Text>
      {!isTrusted && (
        <Button variant="default" mt={6} onClick={() => trust(certificate.sha256)}>
          {t("trial.trust")}
        </Button>
      )}
    </div>
  );
}

/** In groups, as people compare it. */
export function Fingerprint({ sha256 }: { sha256: string }) {
  const { t } = useTexts();
  return (
    <div className="fingerprint" role="group" aria-label={t("trial.fingerprint")}>
      {(sha256.toUpperCase().match(/.{1,8}/g) ?? []).map((part, place) => (
        <span key={place}>{part}</span>
      ))}
    </div>
  );
}
