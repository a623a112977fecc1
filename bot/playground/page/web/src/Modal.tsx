/** The intern's forms: the top one of the stack, with its inputs, its errors and its buttons. */

import { useId, useState } from "react";
import { Blocks } from "./Blocks";
import { Field, plainly } from "./Field";
import { Frame } from "./Frame";
import { act } from "./live";
import { useWords, type Words } from "./words";
import type { Kit, View } from "./types";

type Typed = Record<string, unknown>; // by "block/action"
const key = (block: Kit, element: Kit) => `${block.block_id}\n${element.action_id}`;

export function Modal({ view, done }: { view: View; done: (what: string) => void }) {
  const words = useWords();
  const [typed, put] = useState<Typed>({});
  const [found, setFound] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const errors = { ...view.errors, ...found };

  const valueOf = (block: Kit, element: Kit): unknown => {
    const name = key(block, element);
    return name in typed ? typed[name] : plainly(view.values[block.block_id ?? ""]?.[element.action_id ?? ""]);
  };
  const submit = async () => {
    const wrong = problems(view.blocks, valueOf, words);
    setFound(wrong);
    const first = Object.keys(wrong)[0];
    if (first) {
      document.querySelector<HTMLElement>(`[data-block="${CSS.escape(first)}"] :is(input, textarea, select)`)?.focus();
      return;
    }
    setBusy(true);
    setTrouble(null);
    const answer = await act("submit", { view: view.id, values: gathered(view.blocks, valueOf) });
    setBusy(false);
    if (answer.error && answer.error !== "trouble") setTrouble(words.no_answer);
    else if (!answer.error && !Object.keys(answer.errors ?? {}).length) done(view.callback_id);
  };
  const close = () => void act("close", { view: view.id });

  return (
    <Frame title={view.title || words.dialog} close={close}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="modal-body" tabIndex={-1}>
          {(view.trouble || trouble) && (
            <p className="notice bad" role="alert">
              {view.trouble ?? trouble}
            </p>
          )}
          {view.blocks.map((block, at) =>
            block.type === "input" && block.element ? (
              <Input
                key={block.block_id ?? at}
                block={block}
                value={valueOf(block, block.element)}
                error={errors[block.block_id ?? ""]}
                change={(value) => put({ ...typed, [key(block, block.element as Kit)]: value })}
              />
            ) : (
              <Blocks
                key={block.block_id ?? at}
                blocks={[block]}
                text=""
                press={async (inside, element, value) => {
                  const values = gathered(view.blocks, valueOf);
                  await act("fill", { view: view.id, values }); // a press in a form tells what is typed so far
                  const ids = { block_id: inside.block_id, action_id: element.action_id };
                  return act("click", { view: view.id, ...ids, value });
                }}
              />
            ),
          )}
        </div>
        <footer>
          <button type="button" className="button" onClick={close}>
            {view.close ?? words.cancel}
          </button>
          {view.submit && (
            <button type="submit" className="button primary" disabled={busy} aria-busy={busy}>
              {busy ? words.sending : view.submit}
            </button>
          )}
        </footer>
      </form>
    </Frame>
  );
}

interface InputProps {
  block: Kit;
  value: unknown;
  error: string | undefined;
  change: (value: unknown) => void;
}

function Input({ block, value, error, change }: InputProps) {
  const words = useWords();
  const id = useId();
  const element = block.element as Kit;
  const grouped = ["checkboxes", "radio_buttons"].includes(element.type) || element.type.startsWith("multi_");
  const length = element.type === "plain_text_input" && typeof value === "string" ? value.length : 0;
  const below = [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className="input" data-block={block.block_id}>
      <label htmlFor={grouped ? undefined : id}>
        {block.label?.text} {block.optional && <small>({words.optional})</small>}
      </label>
      <Field
        element={element}
        value={value}
        change={change}
        id={id}
        label={grouped ? block.label?.text : undefined}
        describedBy={below || undefined}
        invalid={Boolean(error)}
      />
      <div className="under">
        {error ? (
          <p className="error" id={`${id}-error`} role="alert">
            {error}
          </p>
        ) : (
          block.hint && <p id={`${id}-hint`}>{block.hint.text}</p>
        )}
        {length > 20 && <p className="count">{length}</p>}
      </div>
    </div>
  );
}

/** What Slack's own client says before a form is sent. */
function problems(blocks: Kit[], valueOf: (block: Kit, element: Kit) => unknown, words: Words) {
  const wrong: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== "input" || !block.element || !block.block_id) continue;
    const value = valueOf(block, block.element);
    const empty = value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
    if (empty && !block.optional) wrong[block.block_id] = words.required;
    if (empty || typeof value !== "string" || block.element.type !== "plain_text_input") continue;
    const { min_length: least = 0, max_length: most = 3000 } = block.element;
    if (value.length < least) wrong[block.block_id] = words.at_least(least);
    if (value.length > most) wrong[block.block_id] = words.at_most(most);
  }
  return wrong;
}

function gathered(blocks: Kit[], valueOf: (block: Kit, element: Kit) => unknown) {
  const values: Record<string, Record<string, unknown>> = {};
  for (const block of blocks) {
    const element = block.element;
    if (block.type !== "input" || !element?.action_id || !block.block_id) continue;
    (values[block.block_id] ??= {})[element.action_id] = valueOf(block, element);
  }
  return values;
}

export async function encoded(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
