import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { Problem } from "../api/client";
import { useAllTexts, useTexts } from "../i18n";
import { useTold } from "../ui/failed";
import { problemText } from "../ui/words";
import { Printed } from "./Printed";

/** Sets the document's title and gives the page its heading; on paper with the site, if one is named, and the time. */
export function PageTitle({ title, site, children }: { title: string; site?: number | undefined; children?: React.ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Calha`;
  }, [title]);
  return (
    <>
      <Printed site={site} />
      <div className="page-title">
        <Title order={1} size="h3" style={{ flex: "1 1 auto" }}>
          {title}
        </Title>
        {children}
      </div>
    </>
  );
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTexts();
  useAllTexts();
  useTold(error);
  const detail = problemText(error, t);
  if (error instanceof Problem && error.status === 403) return <NoPermission detail={detail} />;
  return (
    <Alert color="red" variant="light" title={t("error.title")} role="alert">
      <Stack gap="xs" align="start">
        <Text size="sm">{detail}</Text>
        {retry !== undefined && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("common.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** No fault, and nothing to repeat: the person's roles do not reach here. */
export function NoPermission({ detail }: { detail?: string }) {
  const { t } = useTexts();
  return (
    <Alert color="gray" variant="light" title={t("noPermission.title")} role="status">
      {detail ?? t("noPermission.text")}
    </Alert>
  );
}

export function ErrorPage({ error, reset }: { error: unknown; reset?: () => void }) {
  return <ErrorNote error={error} {...(reset === undefined ? {} : { retry: reset })} />;
}

export function NotFound() {
  const { t } = useTexts();
  return (
    <>
      <PageTitle title={t("notFound.title")} />
      <Text mb="md">{t("notFound.text")}</Text>
      <Group>
        <Button component={Link} to="/home">
          {t("nav.home")}
        </Button>
        <Button component={Link} to="/" variant="default">
          {t("nav.devices")}
        </Button>
      </Group>
    </>
  );
}
