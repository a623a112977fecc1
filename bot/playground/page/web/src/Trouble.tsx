/** Switches that make Slack misbehave, and the proof that it did no harm. */

import { act } from "./live";
import { useWords } from "./words";
import type { Behind, Everything } from "./types";

export function Trouble({ all, behind }: { all: Everything; behind: Behind }) {
  const words = useWords();
  const how = all.switches;
  const flip = (name: string, on = true) => act("switch", { name, on });
  return (
    <>
      <p className="lead">{words.trouble_lead}</p>
      <Proof behind={behind} />
      <p className={how.alive ? "pulse" : "pulse down"} role="status">
        <i aria-hidden="true" />
        {how.alive ? words.intern_up : words.intern_down}
        {how.child && how.alive && <small> · {words.starts(how.starts)}</small>}
      </p>
      <ul className="switches">
        <Toggle name="twice" title={words.sw_twice} small={words.sw_twice_small} on={how.twice} flip={flip} />
        <Toggle name="slow" title={words.sw_slow} small={words.sw_slow_small} on={how.slow} flip={flip} />
        <Once name="refuse" title={words.sw_refuse} small={words.sw_refuse_small} busy={how.refuse > 0} flip={flip} />
        <Once name="drop" title={words.sw_cut} small={words.sw_cut_small} busy={how.lost > 0} flip={flip} />
        <Once
          name="kill"
          title={words.sw_kill}
          small={how.child ? words.sw_kill_small : words.sw_kill_none}
          off={!how.child || !how.alive}
          danger
          flip={flip}
        />
        <Once
          name="travel"
          title={words.sw_travel}
          small={how.child ? words.sw_travel_small(how.ahead) : words.sw_kill_none}
          off={!how.child || !how.alive}
          flip={flip}
        />
      </ul>
    </>
  );
}

/** The intern's rows held against what stands in Slack: bot/playground/page/proof.py counts. */
function Proof({ behind }: { behind: Behind }) {
  const words = useWords();
  const { asked, ended, open, lost, doubled } = behind.proof;
  return (
    <ul className="proof" aria-label={words.proof_title}>
      <li className="whole" data-proof="asked">{words.proof_asked(asked)}</li>
      <li data-proof="ended">{words.proof_ended(ended)}</li>
      <li data-proof="open">{words.proof_open(open)}</li>
      <li data-proof="lost" className={lost ? "bad" : ""}>{words.proof_lost(lost)}</li>
      <li data-proof="doubled" className={doubled ? "bad" : ""}>{words.proof_doubled(doubled)}</li>
    </ul>
  );
}

interface Props {
  name: string;
  title: string;
  small: string;
  flip: (name: string, on?: boolean) => void;
}

function Toggle({ name, title, small, on, flip }: Props & { on: boolean }) {
  return (
    <li>
      <div>
        <b id={`sw-${name}`}>{title}</b>
        <small>{small}</small>
      </div>
      <button type="button" role="switch" aria-checked={on} aria-labelledby={`sw-${name}`} data-switch={name} onClick={() => flip(name, !on)}>
        <i />
      </button>
    </li>
  );
}

function Once({ name, title, small, off, busy, danger, flip }: Props & { off?: boolean; busy?: boolean; danger?: boolean }) {
  const words = useWords();
  return (
    <li className={off ? "off" : ""}>
      <div>
        <b id={`sw-${name}`}>{title}</b>
        <small>{small}</small>
      </div>
      <button
        type="button"
        className={danger ? "button danger" : "button"}
        data-switch={name}
        aria-describedby={`sw-${name}`}
        disabled={off || busy}
        onClick={() => flip(name)}
      >
        {busy ? "…" : words.do_it}
      </button>
    </li>
  );
}
