// Runs before the app is there, and asks for what the page that is opened is made of and will ask for, so that this comes beside
// the app and not after it. `early.ts` puts it together; `src/api/early.ts` hands the answers on.

const PAGES = {}; // pages that may be opened first, by what their address looks like: files, and questions
const TEXTS = {}; // files by language

const { pathname, search } = location;
const [address] = Object.keys(PAGES).filter((one) => new RegExp(one).test(pathname));
const page = PAGES[address] ?? { files: [], asks: [] };
const stored = localStorage.getItem("calha.language"); // as `preferred` in `src/i18n` has it
const language = stored in TEXTS ? stored : navigator.language.toLowerCase().startsWith("pt") ? "pt-BR" : "en";

for (const file of [...TEXTS[language], ...page.files]) {
  const link = document.createElement("link");
  if (file.endsWith(".css")) Object.assign(link, { rel: "preload", as: "style" });
  else link.rel = "modulepreload";
  link.crossOrigin = "";
  link.href = `/${file}`;
  document.head.append(link);
}

const session = fetch("/api/v1/session");
const isSignedIn = session.then(({ ok }) => ok, () => false);
window.calhaAsked = new Map([["/api/v1/session", session]]);
if (search === "") {
  for (const ask of page.asks) {
    const path = pathname.replace(new RegExp(address), ask);
    const answer = isSignedIn.then((is) => (is ? fetch(path) : null));
    answer.catch(() => undefined); // whoever wants it hears of that
    window.calhaAsked.set(path, answer);
  }
}
