import { useId, type ReactNode } from "react";
import css from "./Segments.module.css";

interface Props<Value extends string> {
  /** None is chosen where it is none of them. */
  value: Value | "";
  onChange: (value: Value) => void;
  data: readonly (Value | { value: Value; label: ReactNode })[];
  size?: "xs" | "sm";
  "aria-label"?: string;
  "aria-labelledby"?: string;
}

/** One of a few, all of them in sight. Styles alone mark the chosen one: nothing is measured when a page is drawn. */
export function Segments<Value extends string>({ value, onChange, data, size = "sm", ...named }: Props<Value>) {
  const name = useId();
  return (
    <div role="radiogroup" className={css.group} data-size={size} {...named}>
      {data.map((one) => {
        const { value: own, label } = typeof one === "string" ? { value: one, label: one } : one;
        return (
          <label key={own} className={css.segment}>
            <input type="radio" className={css.input} name={name} value={own} checked={own === value} onChange={() => onChange(own)} />
            <span className={css.label}>{label}</span>
          </label>
        );
      })}
    </div>
  );
}
