import { Button } from "@mantine/core";
import { useTexts } from "../i18n";
import { usePrintedAt } from "./printing";

export interface Pages {
  data: { pages: readonly { items: readonly unknown[] }[] } | undefined;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** Asks for the next page of a list that comes in pages, and tells on paper that there is one; nothing when all of it is here. */
export function More({ of, atFoot = false }: { of: Pages; atFoot?: boolean }) {
  const { t, language } = useTexts();
  const isPrinted = usePrintedAt() !== null;
  if (!of.hasNextPage) return null;
  const here = of.data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0;
  if (isPrinted) return <p className="printed">{t("printed.more", { n: new Intl.NumberFormat(language).format(here) })}</p>;
  return (
    <Button {...(atFoot ? { variant: "subtle", fullWidth: true } : { variant: "default", mt: "sm" })} onClick={() => void of.fetchNextPage()} loading={of.isFetchingNextPage}>
      {t("common.more")}
    </Button>
  );
}
