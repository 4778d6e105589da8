const LATEST_MS = 100; // a page that nobody sees is not painted

/** When the browser has painted what is there, so that what was pressed answers at once, however long the next page takes. */
export function painted(): Promise<void> {
  return new Promise((go) => {
    const latest = setTimeout(go, LATEST_MS);
    requestAnimationFrame(() => {
      clearTimeout(latest);
      setTimeout(go);
    });
  });
}
