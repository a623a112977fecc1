/** The first visit: four things to click, and the way through them. On a phone it is one line until
 * it is opened. */

import { useState } from "react";

import { act } from "./live";
import { useMatches } from "./media";
import { useWords } from "./words";

export type Step = "ask" | "edit" | "approve" | "look";
const NARROW = "(max-width: 820px)";
const STEPS: Step[] = ["ask", "edit", "approve", "look"];

interface Props {
  done: Step[];
  me: string;
  hint: string | null;
  hasAi: boolean;
  examples: string[];
  ask: (words: string) => void;
  suggest: (number: 1 | 2 | 3 | 4) => void;
  asMax: () => void;
  look: () => void;
  close: () => void;
}

export function Guide({ done, me, hint, hasAi, examples, ask, suggest, asMax, look, close }: Props) {
  const words = useWords();
  const says: Record<Step, string> = {
    ask: words.step_ask,
    edit: words.step_edit,
    approve: words.step_approve,
    look: words.step_look,
  };
  const next = STEPS.find((one) => !done.includes(one));
  const narrow = useMatches(NARROW);
  const [unfolded, unfold] = useState(false);
  const open = !narrow || unfolded;
  return (
    <section className={open ? "guide" : "guide folded"} aria-label={words.guide_title}>
      <header>
        <div>
          <h2>
            {narrow ? (
              <button type="button" className="fold" aria-expanded={open} onClick={() => unfold(!unfolded)}>
                <span aria-hidden="true">{open ? "▾" : "▸"}</span> {words.guide_title}
              </button>
            ) : (
              words.guide_title
            )}
          </h2>
          <p>{next ? words.guide_lead : words.guide_done}</p>
        </div>
        <button type="button" className="icon" aria-label={words.guide_close} title={words.guide_close} onClick={close}>
          ✕
        </button>
      </header>
      <div className="suggestions">
        <Suggestion n={1} title={words.s1} small={words.s1_small} go={suggest} />
        <Suggestion n={2} title={words.s2} small={words.s2_small} go={suggest} />
        <Suggestion n={3} title={words.s3} small={words.s3_small} go={suggest} />
        <Suggestion n={4} title={words.s4} small={words.s4_small} go={suggest} />
      </div>
      {hint && (
        <p className="notice" role="status">
          {hint}
        </p>
      )}
      <ol className="steps">
        {STEPS.map((step) => (
          <li key={step} className={done.includes(step) ? "done" : step === next ? "next" : ""} aria-current={step === next ? "step" : undefined}>
            <span className="mark" aria-hidden="true">
              {done.includes(step) ? "✓" : STEPS.indexOf(step) + 1}
            </span>
            {says[step]}
            {step === "approve" && next === "approve" && me !== "UMAX" && (
              <button type="button" className="link" onClick={asMax}>
                {words.as_max}
              </button>
            )}
            {step === "look" && next === "look" && (
              <button type="button" className="link" onClick={look}>
                {words.behind}
              </button>
            )}
          </li>
        ))}
      </ol>
      {!hasAi && (
        <details className="examples">
          <summary>{words.examples}</summary>
          <p>{words.examples_small}</p>
          <ul>
            {examples.map((one) => (
              <li key={one}>
                <button type="button" className="link" onClick={() => ask(one)}>
                  {one}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
      <AskLive hasAi={hasAi} />
    </section>
  );
}

/** A key, pasted to ask live. */
function AskLive({ hasAi }: { hasAi: boolean }) {
  const words = useWords();
  const [key, setKey] = useState("");
  const [trouble, setTrouble] = useState(false);
  const connect = async () => {
    const done = await act("connect", { key });
    setTrouble(Boolean(done.error));
    if (!done.error) setKey("");
  };
  return (
    <details className="examples">
      <summary>{hasAi ? words.live_on : words.live}</summary>
      <p>{words.live_small}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void connect();
        }}
      >
        <input
          type="password"
          autoComplete="off"
          aria-label={words.live_key}
          placeholder={words.live_key}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <button type="submit">
          {hasAi && !key ? words.live_off : words.live_go}
        </button>
      </form>
      {trouble && (
        <p className="notice" role="status">
          {words.live_wrong}
        </p>
      )}
    </details>
  );
}

function Suggestion({ n, title, small, go }: { n: 1 | 2 | 3 | 4; title: string; small: string; go: (n: 1 | 2 | 3 | 4) => void }) {
  return (
    <button type="button" className="suggestion" data-suggestion={n} onClick={() => go(n)}>
      <b>{title}</b>
      <small>{small}</small>
    </button>
  );
}
