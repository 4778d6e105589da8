/** Parts of the app that are loaded when they are first shown, and asked for again while the server is gone. They come with all texts. */

import { lazyRouteComponent as pageOf } from "@tanstack/react-router";
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { loadTexts } from "../i18n";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const TRIES = 12; // about a minute and a half; then the page says what is wrong

/** The result of `load`, tried again at growing intervals while it fails; at last its error. */
export async function patiently<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  for (let tries = 1, wait_ms = FIRST_WAIT_MS; ; tries++, wait_ms = Math.min(2 * wait_ms, LONGEST_WAIT_MS)) {
    try {
      return await load();
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
    }
  }
}

/** A component of a module that is loaded with the first use of it. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await patiently(async () => (await Promise.all([load(), loadTexts()]))[0]) }));
}

/** A page that may be the first: it comes as soon as it can, with the texts of the first pages (`FIRST` in `texts.ts`). */
export const firstPage = pageOf;

/** Any other page. */
export const lazyRouteComponent: typeof pageOf = (load, name) => pageOf(async () => (await Promise.all([load(), loadTexts()]))[0], name);
