/** The whole page: rail, place, thread or the look behind the scenes, forms, and the first visit. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { Behind, type Tab } from "./Behind";
import { Scene } from "./Scene";
import { Guide, type Step } from "./Guide";
import { recall, remember, useKept } from "./keep";
import { act, become, useLive } from "./live";
import { useMatches } from "./media";
import { Modal } from "./Modal";
import { PlacePane } from "./Place";
import { Rail } from "./Rail";
import { Thread } from "./Thread";
import { Speaking, useLanguage, useWords, type Language } from "./words";
import type { Everything, Message } from "./types";

type Mode = "light" | "dark" | "system";
const EMAIL = / · E-mail · /; // how a text's card begins, in either language
const TEXT = / · (?:E-mail|SMS|Product page|Fiche produit) · /;
const SEEN = 60; // characters of a new message that a screen reader says

export function App() {
  const { all, me } = useLive();
  const [chosen, choose] = useKept<Language | null>("language", null);
  const [mode, setMode] = useKept<Mode>("mode", "system");
  const system = useMatches("(prefers-color-scheme: dark)");
  const dark = mode === "dark" || (mode === "system" && system);
  const language = chosen ?? (navigator.language.startsWith("fr") ? "fr" : "en");
  const here = all?.me;
  useEffect(() => {
    if (here) void act("speak", { language }); // the intern answers in the language of the page
  }, [here, language]);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset.mode = dark ? "dark" : "light";
  }, [language, dark]);
  return (
    <Speaking value={language}>
      {all ? (
        <Page
          key={me}
          all={all}
          dark={dark}
          setDark={(on) => setMode(on ? "dark" : "light")}
          setLanguage={() => choose(language === "fr" ? "en" : "fr")}
        />
      ) : (
        <Opening />
      )}
    </Speaking>
  );
}

function Opening() {
  const words = useWords();
  const { phase } = useLive();
  return (
    <div className="opening" role="status">
      <img src="/page/icon.svg" alt="" width="56" height="56" />
      <p>{phase === "lost" ? words.lost : words.loading}</p>
    </div>
  );
}

interface PageProps {
  all: Everything;
  dark: boolean;
  setDark: (on: boolean) => void;
  setLanguage: () => void;
}
/** Where a tab was, kept while it goes on as somebody else. */
interface Where {
  place: string;
  thread: string | null;
}

function Page({ all, dark, setDark, setLanguage }: PageProps) {
  const words = useWords();
  const language = useLanguage();
  const { phase, behind } = useLive();
  const start = useMemo(() => startAt(all), []);
  const [place, setPlace] = useState(start.place);
  const [thread, setThread] = useState<string | null>(start.thread);
  const [onRail, setOnRail] = useState(false);
  const [tab, setTab] = useState<"home" | "messages">("messages");
  const [side, setSide] = useState<Tab | null>(null);
  const [guideOn, setGuideOn] = useKept("guide", true);
  const [steps, setSteps] = useKept<Step[]>("steps", []);
  const [hint, setHint] = useState<string | null>(null);
  const here = all.places.find((one) => one.id === place) ?? all.places[0];
  const reading = useReading(all, place);

  useEffect(() => sessionStorage.setItem("where", JSON.stringify({ place, thread })), [place, thread]);
  const step = (done: Step) => {
    if (!steps.includes(done)) setSteps([...steps, done]);
  };
  const go = useCallback((to: string) => {
    setPlace(to);
    setThread(null);
    setOnRail(false);
  }, []);
  const openThread = useCallback((ts: string) => {
    setThread(ts);
    setSide(null);
  }, []);
  useAnswered(all, place, thread, side !== null, openThread);

  const pressed = useCallback(
    (action: string) => {
      if (action.startsWith("approve") && all.me === "UMAX") step("approve");
    },
    [all.me, steps],
  );
  const said = (text: string) => {
    if (text.startsWith("/") || /@super-?intern/i.test(text) || here?.kind === "im") step("ask");
  };
  const look = (at: Tab | null) => {
    setSide(at);
    if (at) step("look");
  };
  const room = here?.kind === "channel" && here.with_bot ? place : "C0MARKET";
  const suggest = (n: 1 | 2 | 3 | 4) => {
    setHint(null);
    const channel = room;
    if (n === 1) {
      void act("say", { channel, text: words.s1_words });
      return step("ask");
    }
    if (n === 4) return void act("say", { channel, text: words.s4_words });
    const card = lastDraft(all, place, n === 2);
    const edit = card && elementOf(card, "edit");
    if (!card || !edit) return setHint(words.s3_none);
    go(card.channel);
    openThread(card.thread_ts ?? card.ts);
    if (n === 2) return void act("say", { channel: card.channel, thread: card.thread_ts ?? card.ts, text: words.s2_words });
    void act("click", { channel: card.channel, ts: card.ts, block_id: edit.block_id, action_id: "edit", value: edit.value });
  };
  const view = all.views.at(-1);
  const showing = onRail ? "rail" : side || thread ? "side" : "middle";
  const tools = (
    <>
      {!guideOn && (
        <button type="button" className="icon" aria-label={words.guide_open} title={words.guide_open} onClick={() => setGuideOn(true)}>
          ?
        </button>
      )}
      <button type="button" className="icon" aria-label={words.language} title={words.language} onClick={setLanguage}>
        {words.language_short}
      </button>
      <button type="button" className="icon" aria-label={words.theme} title={words.theme} onClick={() => setDark(!dark)}>
        {dark ? "☀" : "☾"}
      </button>
      <button type="button" className="button look" aria-pressed={side !== null} aria-label={words.behind} onClick={() => look(side ? null : "work")}>
        <span aria-hidden="true">◑</span> <span className="wide">{words.behind}</span>
      </button>
    </>
  );
  if (!here) return <Opening />;
  return (
    <Scene.Provider value={{ all, dark, go }}>
      <a className="skip" href="#middle">
        {words.skip}
      </a>
      <div className="page" data-showing={showing} id="middle">
        <Rail all={all} here={place} unread={reading.unread} go={go} become={become} />
        <PlacePane
          all={all}
          place={here}
          tab={tab}
          setTab={setTab}
          readTo={reading.readTo}
          tools={tools}
          back={() => setOnRail(true)}
          open={openThread}
          pressed={pressed}
          said={said}
          guide={
            guideOn &&
            here.with_bot && (
              <Guide
                done={steps}
                me={all.me}
                hint={hint}
                hasAi={all.switches.ai}
                examples={all.examples[language] ?? []}
                ask={(text) => void act("say", { channel: room, text: `@Super-Intern ${text}` })}
                suggest={suggest}
                asMax={() => become("UMAX")}
                look={() => look("work")}
                close={() => setGuideOn(false)}
              />
            )
          }
        />
        {side && <Behind all={all} behind={behind} tab={side} show={look} close={() => setSide(null)} />}
        {thread && !side && (
          <Thread all={all} place={here} root={thread} close={() => setThread(null)} pressed={pressed} said={said} />
        )}
      </div>
      {view && <Modal key={view.id} view={view} done={(form) => form === "edit_form" && step("edit")} />}
      <Announcer all={all} />
      {phase !== "live" && (
        <div className="lost" role="alert">
          {words.lost}
        </div>
      )}
    </Scene.Provider>
  );
}

/** New messages, said aloud. */
function Announcer({ all }: { all: Everything }) {
  const words = useWords();
  const { news } = useLive();
  const text = news && news.user !== all.me ? news.text.replace(/<[^>]+>|[*_]/g, "").slice(0, SEEN) : "";
  const who = all.people[news?.user ?? ""]?.name ?? "";
  return (
    <div className="sr" aria-live="polite">
      {text && words.new_message(who, text)}
    </div>
  );
}

/** What was read in each place, kept for each person; the mark stays while they are there. */
function useReading(all: Everything, place: string) {
  const [read, setRead] = useState<Record<string, string>>(() => recall(`read.${all.me}`, {}));
  const [mark, setMark] = useState({ place, readTo: read[place] });
  if (mark.place !== place) setMark({ place, readTo: read[place] });
  const newest = all.messages[place]?.at(-1)?.ts;
  useEffect(() => {
    if (newest && newest !== read[place]) {
      const now = { ...read, [place]: newest };
      setRead(now);
      remember(`read.${all.me}`, now);
    }
  }, [place, newest]);
  const unread: Record<string, number> = {};
  for (const one of all.places) {
    if (one.id === place) continue;
    const after = read[one.id] ?? "0";
    unread[one.id] = (all.messages[one.id] ?? []).filter((m) => m.ts > after && m.user !== all.me).length;
  }
  return { readTo: mark.readTo, unread };
}

/** The intern answers in a thread of mine: that thread opens, unless I am writing in another. */
function useAnswered(all: Everything, place: string, thread: string | null, busy: boolean, open: (ts: string) => void) {
  const { news } = useLive();
  useEffect(() => {
    const writing = document.querySelector<HTMLTextAreaElement>(".thread .composer textarea")?.value;
    if (!news?.bot_id || busy || writing || news.channel !== place || !news.thread_ts) return;
    const root = all.messages[place]?.find((one) => one.ts === news.thread_ts);
    if (root?.user === all.me && news.thread_ts !== thread) open(news.thread_ts);
  }, [news]);
}

function startAt(all: Everything): Where {
  try {
    const kept = JSON.parse(sessionStorage.getItem("where") ?? "") as Where;
    if (all.places.some((one) => one.id === kept.place)) return kept;
  } catch {
    // The first time there is nothing to go back to.
  }
  return { place: all.places.find((one) => one.with_bot)?.id ?? "", thread: null };
}

/** The newest text of mine that can still be edited, this place's first: an e-mail where the words
 * speak of one. What stands in a thread that somebody else began is theirs. */
function lastDraft(all: Everything, place: string, email: boolean): Message | undefined {
  const mine = (one: Message) => {
    if (all.places.find((here) => here.id === one.channel)?.kind === "im") return true;
    // A card that no message of ours began is of a command, and nothing on it says whose.
    const root = one.thread_ts && all.messages[one.channel]?.find((begun) => begun.ts === one.thread_ts);
    return !!root && root.user === all.me;
  };
  const last = (id: string) =>
    all.messages[id]?.findLast((one) => one.bot_id && TEXT.test(one.text) && (!email || EMAIL.test(one.text)) && elementOf(one, "edit") && mine(one));
  return last(place) ?? all.places.map((one) => last(one.id)).find(Boolean);
}

function elementOf(message: Message, action: string) {
  for (const block of message.blocks ?? []) {
    const found = block.elements?.find((one) => one.action_id === action);
    if (found) return { block_id: block.block_id, value: found.value };
  }
  return undefined;
}
