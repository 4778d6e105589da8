import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { download } from "../ui/download";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { Fingerprint } from "./Trial";

/** What a server has to trust, to be taken there. */
export function OwnCertificate() {
  const { t } = useTexts();
  const time = useTime();
  const own = useQuery({ queryKey: ["connections", "certificate"], queryFn: () => take(api.GET("/api/v1/connections/certificate")), staleTime: Infinity });
  return (
    <Section title={t("connections.certificate")} text={t("connections.certificateText")}>
      <Loaded query={own} height={80}>
        {(found) => (
          <>
            <Text size="sm" className="quiet">
              {t("connections.certificateMade")}
            </Text>
            <Fingerprint sha256={found.sha256} />
            <Text size="sm" className="quiet number" mb="sm">
              {found.uri} · {t("trial.valid", { time: time(found.not_after) })}
            </Text>
            <Group gap="xs">
              <Button variant="default" onClick={() => download("calha-opcua.der", bytes(found.der_base64), "application/pkix-cert")}>
                DER
              </Button>
              <Button variant="default" onClick={() => download("calha-opcua.pem", found.pem, "application/x-pem-file")}>
                PEM
              </Button>
            </Group>
          </>
        )}
      </Loaded>
    </Section>
  );
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
