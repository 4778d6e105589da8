import { Button, Checkbox, Group, NativeSelect, NumberInput, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { presets, type Preset } from "../chart/range";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { submitting } from "../ui/Saving";
import { BindingFields } from "./BindingFields";
import { CalculatedFields } from "./CalculatedFields";
import { CommandField } from "./CommandField";
import { DeviceField, SeriesField, SeriesFields, SiteField } from "./fields";
import { FileField } from "./FileField";
import { isComplete, tidied, withoutSeries } from "./kinds";
import { PlaceFields } from "./PlaceFields";
import { surveys } from "./maps";
import type { Dashboard, Document, Widget } from "./types";

interface Props {
  board: Dashboard;
  document: Document;
  widget: Widget;
  close: () => void;
  put: (widget: Widget) => void;
}

/** What a widget shows. */
export function WidgetForm({ board, document, widget, close, put }: Props) {
  const { t } = useTexts();
  const [draft, setDraft] = useState(widget);
  return (
    <Dialog onClose={close} title={t(`boardKind.${widget.kind}`)} size="lg">
      <form onSubmit={submitting(() => put(tidied(draft)))}>
        <Stack gap="sm">
          <TextInput label={t("boards.widgetTitle")} description={t("boards.widgetTitleText")} value={draft.title} onChange={(event) => setDraft({ ...draft, title: event.currentTarget.value })} maxLength={100} />
          <KindFields board={board} document={document} widget={draft} set={setDraft} />
          <Group justify="end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!isComplete(draft)}>
              {t("boards.apply")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  board: Dashboard;
  document: Document;
  widget: Widget;
  set: (widget: Widget) => void;
}

function KindFields({ board, document, widget, set }: FieldsProps): ReactNode {
  const { t } = useTexts();
  const at = { site: board.site_id, variables: document.variables };
  switch (widget.kind) {
    case "value":
      return <SeriesField {...at} value={widget.series} set={(series) => set({ ...widget, series })} />;
    case "gauge":
      return (
        <>
          <SeriesField {...at} value={widget.series} set={(series) => set({ ...widget, series })} />
          <Group grow>
            <NumberInput label={t("boards.low")} description={t("boards.rangeText")} value={widget.low ?? ""} onChange={(low) => set({ ...widget, low: low === "" ? null : Number(low) })} />
            <NumberInput label={t("boards.high")} description={t("boards.rangeText")} value={widget.high ?? ""} onChange={(high) => set({ ...widget, high: high === "" ? null : Number(high) })} />
          </Group>
        </>
      );
    case "heat":
      return (
        <>
          <SeriesField {...at} value={widget.series} set={(series) => set({ ...widget, series })} />
          <NumberInput label={t("boards.howManyDays")} min={3} max={62} clampBehavior="strict" value={widget.days} onChange={(days) => set({ ...widget, days: Math.max(3, Number(days)) })} />
        </>
      );
    case "chart":
      return (
        <>
          <SeriesFields {...at} value={widget.series} set={(series) => set({ ...widget, series })} remove={(place) => set(withoutSeries(widget, place))} lettered={widget.look !== "bar"} />
          {widget.look === "bar" ? (
            widget.calculated.length > 0 && (
              <Text size="sm" className="quiet">
                {t("boards.barsCalculated")}
              </Text>
            )
          ) : (
            <CalculatedFields value={widget.calculated} series={widget.series.length} set={(calculated) => set({ ...widget, calculated })} />
          )}
          <Group grow>
            <NativeSelect label={t("boards.look")} value={widget.look} onChange={({ currentTarget }) => set({ ...widget, look: currentTarget.value as typeof widget.look })} data={(["line", "area", "bar"] as const).map((value) => ({ value, label: t(`boardLook.${value}`) }))} />
            <RangeField value={widget.range} set={(range) => set({ ...widget, range })} />
          </Group>
        </>
      );
    case "timeline":
      return (
        <>
          <SeriesFields {...at} value={widget.series} set={(series) => set({ ...widget, series })} />
          <RangeField value={widget.range} set={(range) => set({ ...widget, range })} />
        </>
      );
    case "table":
      return <SeriesFields {...at} value={widget.series} set={(series) => set({ ...widget, series })} />;
    case "alarms": {
      const ofDevice = widget.device !== null && widget.device !== undefined;
      return (
        <>
          <Checkbox label={t("boards.ofOneDevice")} checked={ofDevice} onChange={(event) => set({ ...widget, device: event.currentTarget.checked ? "" : null, site: null })} />
          {ofDevice ? <DeviceField {...at} value={widget.device ?? ""} set={(device) => set({ ...widget, device })} /> : <SiteField {...at} value={widget.site ?? null} set={(site) => set({ ...widget, site })} />}
        </>
      );
    }
    case "plant":
      return <SiteField {...at} value={widget.site ?? null} set={(site) => set({ ...widget, site })} />;
    case "text":
      return <Textarea label={t("boards.text")} description={t("boards.textText")} value={widget.text} onChange={(event) => set({ ...widget, text: event.currentTarget.value })} maxLength={10_000} autosize minRows={5} maxRows={16} />;
    case "image":
      return (
        <>
          <FileField board={board} value={widget.file} set={(file) => set({ ...widget, file })} accept="image/png,image/jpeg,image/webp,image/svg+xml" />
          <TextInput label={t("boards.description")} description={t("boards.descriptionText")} value={widget.description} onChange={(event) => set({ ...widget, description: event.currentTarget.value })} maxLength={100} />
        </>
      );
    case "command":
      return <CommandField {...at} device={widget.device} command={widget.command} set={(device, command) => set({ ...widget, device, command })} />;
    case "map": {
      const isSurvey = surveys(widget);
      return (
        <>
          <Checkbox label={t("boards.mapSurveys")} description={t("boards.mapSurveysText")} checked={isSurvey} disabled={widget.places.length === 0} onChange={(event) => set({ ...widget, site: event.currentTarget.checked ? board.site_id : null })} />
          {isSurvey && <SiteField {...at} value={widget.site ?? null} set={(site) => set({ ...widget, site: site ?? board.site_id })} />}
          <PlaceFields {...at} value={widget.places} set={(places) => set({ ...widget, places })} />
        </>
      );
    }
    case "schematic":
      return (
        <>
          <FileField board={board} value={widget.file} set={(file) => set({ ...widget, file })} accept="image/svg+xml" />
          <BindingFields {...at} value={widget.bindings} set={(bindings) => set({ ...widget, bindings })} />
        </>
      );
  }
}

function RangeField({ value, set }: { value: Preset; set: (range: Preset) => void }) {
  const { t } = useTexts();
  return <NativeSelect label={t("chart.range")} value={value} onChange={({ currentTarget }) => set(currentTarget.value as Preset)} data={(Object.keys(presets) as Preset[]).map((one) => ({ value: one, label: t(`boardRange.${one}`) }))} />;
}
