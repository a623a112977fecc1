/** The first visit: four things to click, and the way through them. */

import { useWords } from "./words";

export type Step = "ask" | "edit" | "approve" | "look";
const STEPS: Step[] = ["ask", "edit", "approve", "look"];

interface Props {
  done: Step[];
  me: string;
  hint: string | null;
  suggest: (number: 1 | 2 | 3 | 4) => void;
  asMax: () => void;
  look: () => void;
  close: () => void;
}

export function Guide({ done, me, hint, suggest, asMax, look, close }: Props) {
  const words = useWords();
  const says: Record<Step, string> = {
    ask: words.step_ask,
    edit: words.step_edit,
    approve: words.step_approve,
    look: words.step_look,
  };
  const next = STEPS.find((one) => !done.includes(one));
  return (
    <section className="guide" aria-label={words.guide_title}>
      <header>
        <div>
          <h2>{words.guide_title}</h2>
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
    </section>
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
