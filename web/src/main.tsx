import "virtual:mantine.css";
import "./tokens.css";
import { MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactNode, StrictMode, Suspense, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { answered, queries } from "./api/queries";
import { loadLanguage, preferred, TextsProvider, useTexts } from "./i18n";
import { live } from "./live/hooks";
import { keepLast } from "./offline/last";
import { savesData } from "./offline/saving";
import { startWorker } from "./offline/worker";
import { loadPages, router } from "./router";
import { sessionQuery } from "./session/session";
import { theme, variables } from "./theme";
import { later } from "./ui/later";

const Notices = later(async () => (await import("./ui/Notices")).Notices);

const SETTLES_MS = 3_000; // what the first page does not need comes after it
const TRY_AGAIN_MS = 5_000;
const PATIENCE_MS = 400; // for the session, the page and its data, before the frame is drawn without them

const session = queries.query(sessionQuery).catch(() => undefined); // while the page loads
const page = router.load().catch(() => undefined); // it shows itself what went wrong
keepLast(() => live.last);
live.onBack(() => void queries.invalidateQueries());
const settled = new Promise<void>((go) => setTimeout(go, SETTLES_MS));
void settled.then(() => {
  startWorker();
  if (!savesData()) void loadPages();
});

/** The theme, with the words that Mantine's own buttons lack, and numbers as the language writes them. */
function Dressed({ children }: { children: ReactNode }) {
  const { t, language } = useTexts();
  const close = t("common.close");
  const worded = useMemo(() => {
    const components = { Notification: { defaultProps: { closeButtonProps: { "aria-label": close } } }, NumberInput: { defaultProps: { decimalSeparator: language === "pt-BR" ? "," : "." } } };
    return mergeThemeOverrides(theme, { components });
  }, [close, language]);
  return (
    <MantineProvider theme={worded} cssVariablesResolver={variables} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  );
}

/** What need not be there with the first page. */
function Settled({ children }: { children: ReactNode }) {
  const [has, know] = useState(false);
  useEffect(() => void settled.then(() => know(true)), []);
  return has && <Suspense>{children}</Suspense>;
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const app = createRoot(root);
const show = () =>
  app.render(
    <StrictMode>
      <TextsProvider>
        <Dressed>
          <Settled>
            <Notices />
          </Settled>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </Dressed>
      </TextsProvider>
    </StrictMode>,
  );
/** Mostly all is there in a moment, and the page is drawn once and whole; else what there is. */
const ready = Promise.race([Promise.all([session, page]).then(answered), new Promise((go) => setTimeout(go, PATIENCE_MS))]);
Promise.all([loadLanguage(preferred()), ready]).then(show, () => setTimeout(() => location.reload(), TRY_AGAIN_MS));
