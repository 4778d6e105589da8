import { Button } from "@mantine/core";
import { useTexts } from "../i18n";

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** Asks for the next page of a list that comes in pages; nothing when all of it is here. */
export function More({ of }: { of: Pages }) {
  const { t } = useTexts();
  if (!of.hasNextPage) return null;
  return (
    <Button variant="default" mt="sm" onClick={() => void of.fetchNextPage()} loading={of.isFetchingNextPage}>
      {t("common.more")}
    </Button>
  );
}
