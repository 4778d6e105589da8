interface Saving {
  connection?: { saveData?: boolean }; // of some browsers only
}

/** Whether the browser was told to save data, as people do who pay for each megabyte: what is not asked for is left where it is. */
export function savesData(): boolean {
  return (navigator as Saving).connection?.saveData === true;
}
