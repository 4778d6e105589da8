import { Button } from "@mantine/core";
import { useId, useRef } from "react";
import { useTexts } from "../i18n";

/** What is wrong with a text, and on which line. */
export interface Fault {
  line: number;
  text: string;
}

/** A text with numbered lines, and what the server finds wrong shown at its line. */
export function YamlEditor({ label, value, fault, readOnly, onChange }: { label: string; value: string; fault: Fault | null; readOnly: boolean; onChange: (text: string) => void }) {
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const wrong = useRef<HTMLDivElement>(null);
  const faultId = useId();
  const lines = value.split("\n");
  return (
    <div>
      <div className="yaml">
        <div className="yaml-lines number" aria-hidden="true">
          {lines.map((_, index) =>
            fault?.line === index + 1 ? (
              <div key={index} ref={wrong} className="wrong">
                {index + 1}
              </div>
            ) : (
              <div key={index}>{index + 1}</div>
            ),
          )}
        </div>
        <div className="yaml-text">
          {/* As wide and high as the text, so that the frame scrolls and never the field: the numbers stay beside their lines. */}
          <pre aria-hidden="true">{`${value}\n`}</pre>
          <textarea
            ref={field}
            aria-label={label}
            aria-invalid={fault !== null}
            aria-describedby={fault === null ? undefined : faultId}
            wrap="off"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            readOnly={readOnly}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        </div>
      </div>
      <div id={faultId} role="status">
        {fault !== null && (
          <Button variant="subtle" color="red" size="compact-sm" mt={4} h="auto" styles={{ label: { whiteSpace: "normal", textAlign: "left" } }} onClick={() => showLine(field.current, wrong.current, lines, fault.line)}>
            {t("tariff.faultAt", { line: fault.line, fault: fault.text })}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Chooses a line whole, and scrolls its number to where one can see both. */
function showLine(field: HTMLTextAreaElement | null, number: HTMLElement | null, lines: readonly string[], line: number): void {
  const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  field?.focus({ preventScroll: true });
  field?.setSelectionRange(begin, begin + (lines[line - 1] ?? "").length);
  number?.scrollIntoView({ block: "center" });
}
