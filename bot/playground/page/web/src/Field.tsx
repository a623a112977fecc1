/** One input of Block Kit, with its value in plain form: words, an option's value, a list. */

import { useContext, useId } from "react";
import { Scene } from "./Scene";
import { useWords } from "./words";
import type { Everything, Field as Kept, Kit, Option } from "./types";

export const ONE_OF = new Set([
  "static_select",
  "external_select",
  "users_select",
  "channels_select",
  "conversations_select",
]);
const TYPED: Record<string, string> = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
  datetimepicker: "datetime-local",
};
const NAMES = [
  "value",
  "selected_option",
  "selected_options",
  "selected_date",
  "selected_time",
  "selected_date_time",
  "selected_user",
  "selected_users",
  "selected_channel",
  "selected_channels",
  "selected_conversation",
  "selected_conversations",
  "rich_text_value",
  "files",
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
  if (type === "file_input") {
    return <input {...about} type="file" multiple onChange={(event) => change([...(event.target.files ?? [])])} />;
  }
  if ((type === "plain_text_input" && element.multiline) || type === "rich_text_input") {
    const text = typeof value === "string" ? value : flat(value);
    return <textarea {...about} rows={5} value={text} onChange={(event) => change(event.target.value)} />;
  }
  const moment = type === "datetimepicker" && typeof value === "number";
  const shown = moment ? new Date(value * 1000).toISOString().slice(0, 16) : String(value ?? "");
  return (
    <input
      {...about}
      type={TYPED[type] ?? "text"}
      value={shown}
      onChange={(event) => {
        const typed = event.target.value;
        change(type === "datetimepicker" && typed ? Math.round(new Date(`${typed}Z`).getTime() / 1000) : typed);
      }}
    />
  );
}

function offered(element: Kit, all: Everything): Option[] {
  const named = (value: string, text: string): Option => ({ value, text: { type: "plain_text", text } });
  if (element.type.includes("users"))
    return Object.values(all.people).map((one) => named(one.id, one.full));
  if (element.type.includes("channels") || element.type.includes("conversations"))
    return all.places.filter((one) => one.name).map((one) => named(one.id, `#${one.name}`));
  return element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [];
}

function flat(value: unknown): string {
  if (!value || typeof value !== "object") return "";
  const told = value as { text?: string; elements?: unknown[] };
  return told.text ?? (told.elements ?? []).map(flat).join("");
}
