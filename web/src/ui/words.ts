import { Problem } from "../api/client";
import { isKey, type Translate } from "../i18n";
import type { MarkKind } from "./Mark";
import { isBad } from "./quality";

/** A quality in words; one that this page does not know yet as the server calls it. */
export function qualityText(quality: string, t: Translate): string {
  const key = `quality.${quality}`;
  return isKey(key) ? t(key) : quality;
}

/** Why a message was not taken, in words. */
export function reasonText(reason: string, t: Translate): string {
  const key = `reason.${reason}`;
  return isKey(key) ? t(key) : reason;
}

/** What is wrong with a line of a table, in words; as the server says it where the reason is not known. */
export function faultText(reason: string | null, detail: string | null, t: Translate): string {
  const key = `fault.${reason ?? ""}`;
  return isKey(key) ? t(key) : (detail ?? "");
}

/** The mark of a quality that is not good; nothing for a good one. */
export function qualityMark(quality: string): MarkKind | null {
  if (quality === "good" || quality === "arrival_time" || quality === "manual") return null;
  return isBad(quality) ? "bad" : "warn";
}

/** What went wrong, in the person's language where the reason is known, else as the server says it. */
export function problemText(error: unknown, t: Translate): string {
  if (!(error instanceof Problem)) return t("error.unreachable");
  const key = `problem.${error.reason}`;
  return isKey(key) ? t(key, error.about) : error.detail;
}
