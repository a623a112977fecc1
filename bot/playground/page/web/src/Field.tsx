/** One input of Block Kit, with its value in plain form: words, an option's value, a list. */

import { useContext, useId } from "react";
import { Scene } from "./Scene";
import { useWords } from "./words";
import type { Everything, Field as Kept, Kit, Option } from "./types";

export const ONE_OF = new Set([
  "static_select",
  "conversations_select",
]);
const NAMES = [
  "value",
  "selected_option",
  "selected_options",
  "selected_date",
  "selected_conversation",
];

/** Slack's state of an element as this page keeps it. */
export function plainly(kept: Kept | undefined): unknown {
  const name = NAMES.find((one) => kept && one in kept);
  const value = name && kept ? kept[name] : null;
  const bare = (one: unknown) =>
    one && typeof one === "object" && "value" in one ? (one as { value: unknown }).value : one;
  return Array.isArray(value) ? value.map(bare) : bare(value);
}

interface Props {
  element: Kit;
  value: unknown;
  change: (value: unknown) => void;
  label?: string;
  id?: string;
  describedBy?: string;
  invalid?: boolean;
}

export function Field({ element, value, change, label, id, describedBy, invalid }: Props) {
  const scene = useContext(Scene);
  const words = useWords();
  const group = useId();
  const about = {
    id,
    "aria-label": label || undefined,
    "aria-describedby": describedBy,
    "aria-invalid": invalid || undefined,
    "data-action": element.action_id,
    "data-first": element.focus_on_load || undefined,
    placeholder: element.placeholder?.text,
  };
  const type = element.type;
  const options = scene ? offered(element, scene.all) : [];
  const list = Array.isArray(value) ? (value as string[]) : [];

  if (ONE_OF.has(type)) {
    return (
      <select {...about} value={String(value ?? "")} onChange={(event) => change(event.target.value || null)}>
        <option value="">{element.placeholder?.text ?? words.choose}</option>
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text.text}
          </option>
        ))}
      </select>
    );
  }
  if (type === "checkboxes" || type === "radio_buttons" || type.startsWith("multi_")) {
    const one = type === "radio_buttons";
    return (
      <div className="options" role={one ? "radiogroup" : "group"} aria-label={label || undefined} aria-describedby={describedBy}>
        {options.map((option) => (
          <label key={option.value}>
            <input
              type={one ? "radio" : "checkbox"}
              name={group}
              checked={one ? value === option.value : list.includes(option.value)}
              onChange={(event) => {
                const rest = list.filter((each) => each !== option.value);
                change(one ? option.value : event.target.checked ? [...rest, option.value] : rest);
              }}
            />
            <span>
              {option.text.text}
              {option.description && <small>{option.description.text}</small>}
            </span>
          </label>
        ))}
      </div>
    );
  }
  const shown = String(value ?? "");
  if (element.multiline) {
    return <textarea {...about} rows={5} value={shown} onChange={(event) => change(event.target.value)} />;
  }
  const kind = type === "datepicker" ? "date" : "text";
  return <input {...about} type={kind} value={shown} onChange={(event) => change(event.target.value)} />;
}

function offered(element: Kit, all: Everything): Option[] {
  const named = (value: string, text: string): Option => ({ value, text: { type: "plain_text", text } });
  if (element.type === "conversations_select")
    return all.places.filter((one) => one.name).map((one) => named(one.id, `#${one.name}`));
  return element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [];
}
