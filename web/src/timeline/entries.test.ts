import { beforeAll, describe, expect, it } from "vitest";
import { loadTexts, type Translate, translate } from "../i18n";
import { kindsOf, noteOf, wordsOf } from "./entries";

const t: Translate = (key, values) => translate("en", key, values);
const own = (text: string | Record<string, string>) => (typeof text === "string" ? text : (text.en ?? ""));

describe("a timeline", () => {
  beforeAll(() => loadTexts("en"));

  it("reads its kinds from an address, and takes none and all for no choice", () => {
    expect(kindsOf("anomaly,alarm,nonsense")).toEqual(["alarm", "anomaly"]);
    expect(kindsOf("nonsense")).toBeUndefined();
    expect(kindsOf("alarm,anomaly,command,connection,validation,meter,record")).toBeUndefined();
    expect(kindsOf(7)).toBeUndefined();
  });

  it("says what happened in words", () => {
    expect(wordsOf({ kind: "alarm", what: "raise", text: "Level" }, own, t)).toBe("Raised: Level");
    expect(wordsOf({ kind: "connection", what: "device_silent", text: { pt: "x", en: "x" } }, own, t)).toBe("Stopped reporting");
    expect(wordsOf({ kind: "command", what: "command_queued", text: { pt: "x", en: "Command start: queued" } }, own, t)).toBe("Command start: queued");
    expect(wordsOf({ kind: "validation", what: "gap", text: "" }, own, t)).toBe("No readings");
    expect(wordsOf({ kind: "meter", what: "manual_reading", text: "1234.5 m³" }, own, t)).toBe("Read by a person: 1234.5 m³");
    expect(wordsOf({ kind: "meter", what: "plate", text: "" }, own, t)).toBe("Data of the meter");
    expect(wordsOf({ kind: "record", what: "unheard_of", text: "" }, own, t)).toBe("unheard_of");
  });

  it("tells what became of an exception, and otherwise what was said", () => {
    expect(noteOf({ kind: "validation", what: "gap", note: "gone" }, t)).toBe("no longer found");
    expect(noteOf({ kind: "validation", what: "edited", note: "open" }, t)).toBe("open");
    expect(noteOf({ kind: "alarm", what: "acknowledge", note: "on my way" }, t)).toBe("on my way");
  });
});
