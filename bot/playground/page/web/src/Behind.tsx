/** Behind the scenes: what was asked, what was checked, what left, what was written down. */

import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { watch } from "./live";
import { Trouble } from "./Trouble";
import { clock, useLanguage, useWords, type Words } from "./words";
import type { Behind as Scene, Check, Draft, Everything, Receipt, SlackEvent, Task } from "./types";

const TABS = ["work", "left", "journal", "wire", "trouble"] as const;
export type Tab = (typeof TABS)[number];

interface Props {
  all: Everything;
  behind: Scene | null;
  tab: Tab;
  show: (tab: Tab) => void;
  close: () => void;
}

export function Behind({ all, behind, tab, show, close }: Props) {
  const words = useWords();
  const language = useLanguage();
  const tabs = useRef<HTMLDivElement>(null);
  useEffect(() => {
    watch(true, language);
    return () => watch(false, language);
  }, [language, all.me]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = (TABS.indexOf(tab) + step + TABS.length) % TABS.length;
    show(TABS[at] ?? "work");
    tabs.current?.querySelectorAll<HTMLElement>("[role=tab]")[at]?.focus();
  };
  const names: Record<Tab, string> = {
    work: words.tab_work,
    left: words.tab_left,
    journal: words.tab_journal,
    wire: words.tab_wire,
    trouble: words.tab_trouble,
  };
  return (
    <aside className="side behind" aria-label={words.behind}>
      <header className="top">
        <h2>{words.behind}</h2>
        <button type="button" className="icon" aria-label={words.close} onClick={close}>
          ✕
        </button>
      </header>
      <div className="tabs" role="tablist" aria-label={words.behind} ref={tabs} onKeyDown={onKeyDown}>
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === tab}
            aria-controls="behind-panel"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => show(one)}
          >
            {names[one]}
          </button>
        ))}
      </div>
      <div className="panel" id="behind-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {!behind ? <Waiting /> : <Panel tab={tab} all={all} behind={behind} />}
      </div>
    </aside>
  );
}

function Waiting() {
  return (
    <div className="waiting" aria-hidden="true">
      <i />
      <i />
      <i />
    </div>
  );
}

function Panel({ tab, all, behind }: { tab: Tab; all: Everything; behind: Scene }) {
  switch (tab) {
    case "work":
      return <Work all={all} tasks={behind.tasks} />;
    case "left":
      return <Left tasks={behind.tasks} />;
    case "journal":
      return <Journal all={all} behind={behind} />;
    case "wire":
      return <Wire behind={behind} />;
    case "trouble":
      return <Trouble all={all} behind={behind} />;
  }
}

function Work({ all, tasks }: { all: Everything; tasks: Task[] }) {
  const words = useWords();
  if (!tasks.length) return <Empty>{words.no_tasks}</Empty>;
  return (
    <>
      {tasks.map((task, at) => (
        <details key={task.id} className="task" open={at === 0}>
          <summary>
            <span className={`state ${task.state}`}>{stateOf(task.state, words)}</span>
            {task.private && <span className="state">{words.private}</span>}
            <b>{bare(task.words, all)}</b>
            {task.reason && <q>{bare(task.reason, all)}</q>}
            <small>
              {all.people[task.author]?.name ?? task.author} · {task.reference}
            </small>
          </summary>
          {task.trouble && <p className="notice bad">{task.trouble}</p>}
          <Way task={task} all={all} />
          {task.drafts.map((draft) => (
            <Checks key={draft.id} draft={draft} all={all} />
          ))}
          <p className="facts">
            {words.posts(task.posts.filter((one) => one.ts).length)}
            {task.posts.map((one) => one.tries > 1 && <span key={one.id}> · {words.tries(one.tries)}</span>)}
          </p>
        </details>
      ))}
    </>
  );
}

function Way({ task, all }: { task: Task; all: Everything }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <ol className="way">
      {task.way.map((one) => (
        <li key={one.seq} className={one.event.split(" ")[0]}>
          <span>{eventOf(one.event, words)}</span>
          {one.by && <em>{all.people[one.by]?.name ?? one.by}</em>}
          <time>{precise(one.at, language)}</time>
        </li>
      ))}
    </ol>
  );
}

function Checks({ draft, all }: { draft: Draft; all: Everything }) {
  const words = useWords();
  return (
    <div className="checks">
      <h3>
        {words.checks} · {[draft.channel, words.version(draft.version)].filter(Boolean).join(" · ")}
      </h3>
      {draft.checks === null ? (
        <p>{words.not_checked}</p>
      ) : (
        <ul>
          {draft.checks.map((one, at) => (
            <li key={at} className={one.level}>
              <span className="level">{levelOf(one, words)}</span> {unmarked(bare(one.words, all))}
              {one.quote && !one.words.includes(one.quote) && <q>{one.quote}</q>}
            </li>
          ))}
        </ul>
      )}
      <p className="facts">
        {words.fingerprint} <code title={draft.fingerprint}>{draft.fingerprint.slice(0, 16)}</code>
      </p>
    </div>
  );
}

function Left({ tasks }: { tasks: Task[] }) {
  const words = useWords();
  const receipts = tasks.flatMap((task) => task.receipts.toReversed());
  if (!receipts.length) return <Empty>{words.no_receipts}</Empty>;
  const some = receipts.some((one) => one.sent);
  return (
    <>
      {!some && (
        <div className="verdict good">
          <b>{words.nothing_left}</b>
          <p>{words.nothing_left_small}</p>
        </div>
      )}
      {receipts.map((one, at) => (
        <ReceiptCard key={one.id} receipt={one} open={at === 0} />
      ))}
    </>
  );
}

function ReceiptCard({ receipt, open }: { receipt: Receipt; open: boolean }) {
  const words = useWords();
  const language = useLanguage();
  const nothing = !receipt.sent;
  return (
    <details className="receipt" open={open && !nothing}>
      <summary>
        <b>{nothing ? words.nothing_left : words.left_to(receipt.to ?? "?")}</b>
        <small>
          {receipt.writer} · {clock(receipt.at, language)} · {receipt.ended}
          {!nothing && ` · ${words.characters(receipt.length)} · ${words.tokens(receipt.tokens_in, receipt.tokens_out)}`}
          {receipt.usd && ` · $${receipt.usd}`}
        </small>
      </summary>
      {nothing ? <p className="facts">{words.nothing_left_small}</p> : <pre tabIndex={0}>{pretty(receipt.sent)}</pre>}
    </details>
  );
}

function Journal({ all, behind }: { all: Everything; behind: Scene }) {
  const words = useWords();
  const language = useLanguage();
  const journal = behind.journal;
  if (!journal?.count) return <Empty>{words.no_rows}</Empty>;
  return (
    <>
      <div className={journal.fault ? "verdict bad" : "verdict good"}>
        <b>{journal.fault ?? words.chain_whole(journal.count)}</b>
      </div>
      <ol className="chain">
        {journal.entries.map((one) => (
          <li key={one.seq}>
            <p>
              <b>{one.seq}</b> {eventOf(one.event, words)}
              {one.by && <em> {all.people[one.by]?.name ?? one.by}</em>}
              <time>{precise(one.at, language)}</time>
            </p>
            <code>
              {one.prev} → {one.hash}
            </code>
          </li>
        ))}
      </ol>
    </>
  );
}

function Wire({ behind }: { behind: Scene }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <>
      <h3>{words.events_in}</h3>
      {!behind.events.length && <Empty>{words.no_events}</Empty>}
      <ul className="wire">
        {behind.events.map((one) => (
          <li key={one.id}>
            <code>{one.name}</code>
            <Acks event={one} />
            <time>{clock(one.at, language)}</time>
          </li>
        ))}
      </ul>
      <h3>{words.calls_out}</h3>
      <ul className="wire">
        {behind.calls.map((one, at) => (
          <li key={behind.calls.length - at}>
            <code>{one.method}</code>
            <span className={one.error ? "ack bad" : "ack"}>{one.error ?? "ok"}</span>
            <time>{clock(one.at, language)}</time>
          </li>
        ))}
      </ul>
    </>
  );
}

function Acks({ event }: { event: SlackEvent }) {
  const words = useWords();
  const language = useLanguage();
  if (!event.acks.length) return <span className="ack">{words.on_its_way}</span>;
  return (
    <span className="acks">
      {event.acks.map((one, at) => {
        const ms = one.ms.toLocaleString(language, { maximumFractionDigits: 1 });
        return (
          <span key={at} className={one.error ? "ack bad" : "ack"} title={one.error ?? words.acked(ms)}>
            {one.error ?? `${ms} ms`}
          </span>
        );
      })}
    </span>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

function stateOf(state: string, words: Words): string {
  const name = `state_${state}` as keyof Words;
  return String(words[name] ?? state);
}

/** What the journal calls it, said for people; a new kind of entry keeps its own name. */
function eventOf(event: string, words: Words): string {
  return words.events[event] ?? event;
}

function levelOf(check: Check, words: Words): string {
  return String(words[`level_${check.level}` as keyof Words]);
}

function precise(at: number, language: "en" | "fr"): string {
  return new Date(at * 1000).toLocaleTimeString(language === "fr" ? "fr-FR" : "en-GB");
}

/** Words of a person with the names of Slack's ids. */
function bare(text: string, all: Everything): string {
  return text.replace(/<@([A-Z0-9]+)>/g, (_, id: string) => `@${all.people[id]?.name ?? id}`);
}

function unmarked(text: string): string {
  return text.replace(/[*_`]/g, "");
}

function pretty(sent: string): string {
  try {
    return JSON.stringify(JSON.parse(sent), null, 2).replaceAll("\\n", "\n");
  } catch {
    return sent;
  }
}
