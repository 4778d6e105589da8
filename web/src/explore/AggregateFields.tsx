import { NativeSelect } from "@mantine/core";
import { useTexts } from "../i18n";
import { type ExploreSearch, without } from "./address";
import { aggregates, grains } from "./aggregates";

/** Whether the chart shows what was measured, or a figure of each step of time. */
export function AggregateFields({ search, show }: { search: ExploreSearch; show: (search: ExploreSearch) => void }) {
  const { t } = useTexts();
  const asked = without(search, "agg", "step");
  return (
    <>
      <NativeSelect
        size="xs"
        label={t("explore.put.by")}
        value={search.agg ?? ""}
        onChange={({ currentTarget }) => {
          const agg = aggregates.find((one) => one === currentTarget.value);
          show(agg === undefined ? asked : { ...search, agg });
        }}
        data={[{ value: "", label: t("exploreBy.none") }, ...aggregates.map((value) => ({ value, label: t(`exploreBy.${value}`) }))]}
      />
      {search.agg !== undefined && (
        <NativeSelect
          size="xs"
          label={t("explore.put.step")}
          value={search.step ?? ""}
          onChange={({ currentTarget }) => {
            const step = grains.find((one) => one === currentTarget.value);
            show(step === undefined ? without(search, "step") : { ...search, step });
          }}
          data={[{ value: "", label: t("exploreStep.auto") }, ...grains.map((value) => ({ value, label: t(`exploreStep.${value}`) }))]}
        />
      )}
    </>
  );
}
