/** The right side: one thread. */

import { Composer } from "./Composer";
import { Talk } from "./Talk";
import { placeName } from "./Rail";
import { useWords } from "./words";
import type { Everything, Place } from "./types";

interface Props {
  all: Everything;
  place: Place;
  root: string;
  close: () => void;
  pressed: (action: string) => void;
  said: (text: string) => void;
}

export function Thread({ all, place, root, close, pressed, said }: Props) {
  const words = useWords();
  const messages = (all.messages[place.id] ?? []).filter((one) => one.ts === root || one.thread_ts === root);
  return (
    <aside className="side thread" aria-label={words.thread}>
      <header className="top">
        <div className="title">
          <h2>{words.thread}</h2>
          <small>{`${place.kind === "im" ? "" : "#"}${placeName(place, all)}`}</small>
        </div>
        <button type="button" className="icon" aria-label={words.close} onClick={close}>
          ✕
        </button>
      </header>
      <Talk
        all={all}
        messages={messages}
        statuses={all.statuses.filter((one) => one.channel === place.id && one.thread === root)}
        label={`${words.thread} ${root}`}
        pressed={pressed}
      />
      <Composer key={root} all={all} place={place} thread={root} label={words.reply} said={said} />
    </aside>
  );
}
