/** What is pressed and chosen: buttons, menus, feedback; each may ask "really?" first. */

import { useContext, useRef, useState, type KeyboardEvent } from "react";
import { Ask } from "./Ask";
import { Scene } from "./Scene";
import { Emoji } from "./Emoji";
import { Field, ONE_OF } from "./Field";
import { useWords } from "./words";
import type { Confirm, Kit } from "./types";

export type Press = (block: Kit, element: Kit, value: unknown) => Promise<unknown>;
type Pressed = (value: unknown) => Promise<unknown>;

export function Element({ element, press }: { element: Kit; press: Pressed }) {
  const scene = useContext(Scene);
  const [asking, ask] = useState<{ confirm: Confirm; value: unknown } | null>(null);
  const [busy, setBusy] = useState(false);
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(scene?.all.me ?? "")) return null;

  const go = async (value: unknown) => {
    setBusy(true);
    await press(value);
    setBusy(false);
  };
  const begin = (value: unknown) => {
    if (element.confirm) ask({ confirm: element.confirm, value });
    else void go(value);
  };
  return (
    <>
      <Shape element={element} begin={begin} busy={busy} />
      {asking && (
        <Ask
          confirm={asking.confirm}
          answer={(yes) => {
            ask(null);
            if (yes) void go(asking.value);
          }}
        />
      )}
    </>
  );
}

function Shape({ element, begin, busy }: { element: Kit; begin: (value: unknown) => void; busy: boolean }) {
  switch (element.type) {
    case "button":
    case "workflow_button":
    case "icon_button":
      return <Button element={element} begin={begin} busy={busy} />;
    case "overflow":
      return <Overflow element={element} begin={begin} busy={busy} />;
    case "feedback_buttons":
      return <Feedback element={element} begin={begin} />;
    default:
      return <Choice element={element} begin={begin} />;
  }
}

function Button({ element, begin, busy }: { element: Kit; begin: (value: unknown) => void; busy: boolean }) {
  const text = typeof element.text === "object" ? element.text.text : "";
  return (
    <button
      type="button"
      className={`button ${element.style ?? ""}`}
      data-action={element.action_id}
      aria-label={element.accessibility_label}
      aria-busy={busy}
      aria-disabled={busy} // not disabled: that would take the focus away
      onClick={() => {
        if (busy) return;
        if (element.url) window.open(element.url, "_blank", "noopener");
        begin(element.value ?? null);
      }}
    >
      <ButtonText text={text} />
    </button>
  );
}

const THUMBS: Record<string, string> = { "👍": "+1", "👎": "-1" };

/** A thumb is drawn, with its count beside it. */
function ButtonText({ text }: { text: string }) {
  const [first = "", ...rest] = text.split(" ");
  const name = THUMBS[first];
  if (!name) return <>{text}</>;
  return (
    <>
      <Emoji name={name} otherwise={first} /> {rest.join(" ")}
    </>
  );
}

function Choice({ element, begin }: { element: Kit; begin: (value: unknown) => void }) {
  const [value, put] = useState<unknown>(null);
  return (
    <Field
      element={element}
      value={value}
      label={element.placeholder?.text ?? ""}
      change={(fresh) => {
        put(ONE_OF.has(element.type) && element.confirm ? null : fresh);
        if (fresh !== null && fresh !== "") begin(fresh);
      }}
    />
  );
}

function Feedback({ element, begin }: { element: Kit; begin: (value: unknown) => void }) {
  const words = useWords();
  const [given, give] = useState<string | null>(null);
  const sides = { positive: element.positive_button, negative: element.negative_button };
  return (
    <div className="feedback" role="group" aria-label={words.helpful}>
      {Object.entries(sides).map(([side, button]) => (
        <button
          key={side}
          type="button"
          className="icon"
          aria-pressed={given === side}
          aria-label={button?.text.text}
          title={button?.text.text}
          onClick={() => {
            give(side);
            begin(side);
          }}
        >
          <Emoji name={side === "positive" ? "+1" : "-1"} otherwise="" />
        </button>
      ))}
    </div>
  );
}

const MENU_WIDTH = 240; // pixels that an open menu may need to the right of its button

function Overflow({ element, begin, busy }: { element: Kit; begin: (value: unknown) => void; busy: boolean }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const [aligned, align] = useState("");
  const whole = useRef<HTMLDivElement>(null);
  const items = () => [...(whole.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  const show = () => {
    const left = whole.current?.getBoundingClientRect().left ?? 0;
    align(left + MENU_WIDTH > window.innerWidth ? " to-left" : "");
    setOpen(true);
    requestAnimationFrame(() => items()[0]?.focus());
  };
  const hide = (back: boolean) => {
    setOpen(false);
    if (back) whole.current?.querySelector("button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      hide(true);
    } else if (step && open) {
      event.preventDefault();
      all.at((at + step + all.length) % all.length)?.focus();
    }
  };
  return (
    <div
      className="overflow"
      ref={whole}
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (!whole.current?.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        type="button"
        className="button"
        data-action={element.action_id}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={words.more}
        aria-busy={busy}
        onClick={() => (open ? hide(false) : show())}
      >
        ⋯
      </button>
      {open && (
        <div role="menu" className={`menu${aligned}`}>
          {element.options?.map((option) => (
            <button
              key={option.value}
              type="button"
              role="menuitem"
              onClick={() => {
                hide(true);
                begin(option.value);
              }}
            >
              {option.text.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
