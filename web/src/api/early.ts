/** What `early.js` has asked the server before the app was there. Each answer is for the first who wants it. */

declare global {
  var calhaAsked: Map<string, Promise<Response | null>> | undefined;
}

/** The answer to a question that is on its way already; null where it was not asked. */
export async function early({ method, url }: Request): Promise<Response | null> {
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  const answer = method === "GET" ? globalThis.calhaAsked?.get(path) : undefined;
  if (answer === undefined) return null;
  globalThis.calhaAsked?.delete(path);
  return await answer;
}
