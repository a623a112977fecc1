/** The middle: one channel or the intern's own page with its Home tab. */

import { useEffect, type ReactNode } from "react";
import { Blocks } from "./Blocks";
import { Composer } from "./Composer";
import { act } from "./live";
import { placeName } from "./Rail";
import { Talk } from "./Talk";
import { useWords } from "./words";
import type { Everything, Place } from "./types";

interface Props {
  all: Everything;
  place: Place;
  tab: "home" | "messages";
  setTab: (tab: "home" | "messages") => void;
  readTo?: string;
  tools: ReactNode;
  guide: ReactNode;
  back: () => void;
  open: (thread: string) => void;
  pressed: (action: string) => void;
  said: (text: string) => void;
}

export function PlacePane({ all, place, tab, setTab, readTo, tools, guide, back, open, pressed, said }: Props) {
  const words = useWords();
  const direct = place.kind === "im";
  const name = direct ? placeName(place, all) : `#${placeName(place, all)}`;
  const roots = (all.messages[place.id] ?? []).filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast");
  useEffect(() => {
    if (direct) void act("home", { tab });
  }, [direct, tab, place.id]);
  const prompts = direct && tab === "messages" && !roots.length ? (all.prompts[place.id] ?? []) : [];
  return (
    <main className="middle" aria-label={name}>
      <header className="top">
        <button type="button" className="icon back" aria-label={words.back} onClick={back}>
          ‹
        </button>
        <div className="title">
          <h1>{name}</h1>
          {!direct && <small>{words.members(place.members.length)}</small>}
        </div>
        <div className="tools">{tools}</div>
      </header>
      {direct && (
        <div className="tabs" role="tablist" aria-label={name}>
          {(["home", "messages"] as const).map((one) => (
            <button key={one} type="button" role="tab" aria-selected={one === tab} onClick={() => setTab(one)}>
              {one === "home" ? words.home : words.messages}
            </button>
          ))}
        </div>
      )}
      {direct && tab === "home" ? (
        <Home all={all} />
      ) : (
        <>
          <Talk
            all={all}
            messages={roots}
            statuses={all.statuses.filter((one) => one.channel === place.id)}
            label={name}
            readTo={readTo}
            open={open}
            pressed={pressed}
            before={
              <div className="beginning">
                <h2>{words.empty_channel(name)}</h2>
                <p>{direct ? words.empty_direct : words.empty_words}</p>
              </div>
            }
          />
          {guide}
          {prompts.length > 0 && (
            <div className="prompts" role="group" aria-label={words.suggestions}>
              {prompts.map((one) => (
                <button key={one.title} type="button" className="suggestion" onClick={() => void act("say", { channel: place.id, text: one.message })}>
                  {one.title}
                </button>
              ))}
            </div>
          )}
          <Composer key={place.id} all={all} place={place} label={words.write_in(name)} said={said} />
        </>
      )}
    </main>
  );
}

function Home({ all }: { all: Everything }) {
  const words = useWords();
  const home = all.home;
  if (!home) return <p className="empty">{words.home_loading}</p>;
  return (
    <div className="home" tabIndex={0} role="region" aria-label={words.home}>
      <Blocks
        blocks={home.blocks}
        text=""
        press={(block, element, value) =>
          act("click", { view: home.id, block_id: block.block_id, action_id: element.action_id, value })
        }
      />
    </div>
  );
}
