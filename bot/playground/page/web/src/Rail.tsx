/** The left side: who I am, the channels, the intern. */

import { Avatar } from "./Avatar";
import { useWords, type Words } from "./words";
import type { Everything, Place } from "./types";

interface Props {
  all: Everything;
  here: string;
  unread: Record<string, number>;
  go: (place: string) => void;
  become: (person: string) => void;
}

export function Rail({ all, here, unread, go, become }: Props) {
  const words = useWords();
  const channels = all.places.filter((one) => one.kind === "channel" || one.kind === "group");
  const direct = all.places.filter((one) => one.kind === "im" || one.kind === "mpim");
  return (
    <nav className="rail" aria-label={words.channels}>
      <header>
        <Avatar person={all.people[all.bot]} name="S" />
        <div>
          <b>{all.team}</b>
          <small>{words.playground}</small>
        </div>
      </header>
      <People all={all} become={become} />
      <h2>{words.channels}</h2>
      <ul>
        {channels.map((place) => (
          <Row key={place.id} all={all} place={place} here={here} unread={unread[place.id] ?? 0} go={go} />
        ))}
      </ul>
      <h2>{words.direct}</h2>
      <ul>
        {direct.map((place) => (
          <Row key={place.id} all={all} place={place} here={here} unread={unread[place.id] ?? 0} go={go} />
        ))}
      </ul>
    </nav>
  );
}

function Row({ all, place, here, unread, go }: { all: Everything; place: Place; here: string; unread: number; go: (id: string) => void }) {
  const words = useWords();
  const direct = place.kind === "im" || place.kind === "mpim";
  return (
    <li>
      <button type="button" className={unread ? "unread" : ""} aria-current={here === place.id ? "page" : undefined} onClick={() => go(place.id)}>
        {direct ? <Avatar person={all.people[all.bot]} name="S" tiny /> : <span className="hash" aria-hidden="true">#</span>}
        <span>{placeName(place, all)}</span>
        {unread > 0 && (
          <span className="badge">
            {unread}
            <span className="sr"> {words.unread_count(unread)}</span>
          </span>
        )}
      </button>
    </li>
  );
}

function People({ all, become }: { all: Everything; become: (person: string) => void }) {
  const words = useWords();
  const people = Object.values(all.people).filter((one) => !one.bot);
  return (
    <div className="people" role="group" aria-label={words.you_are}>
      <p aria-hidden="true">{words.you_are}</p>
      <div>
        {people.map((one) => (
          <button
            key={one.id}
            type="button"
            data-person={one.id}
            aria-pressed={one.id === all.me}
            title={`${one.full} · ${roleOf(one.id, words)}`}
            onClick={() => one.id !== all.me && become(one.id)}
          >
            <Avatar person={one} name={one.name} />
            <span>{one.name}</span>
          </button>
        ))}
      </div>
      <p className="role">
        {all.people[all.me]?.full} · {roleOf(all.me, words)}
      </p>
      <select
        aria-label={words.second_window}
        value=""
        onChange={(event) => window.open(`/?as=${event.target.value}`, "_blank", "noopener")}
      >
        <option value="">{words.second_window}</option>
        {people
          .filter((one) => one.id !== all.me)
          .map((one) => (
            <option key={one.id} value={one.id}>
              {one.full}
            </option>
          ))}
      </select>
    </div>
  );
}

function roleOf(id: string, words: Words): string {
  return { UMARIE: words.marketer, UMAX: words.manager, ULEA: words.legal, UOTTO: words.outsider }[id] ?? "";
}

export function placeName(place: Place, all: Everything): string {
  if (place.kind === "im") return all.people[all.bot]?.name ?? "Super-Intern";
  if (place.kind === "mpim") return place.members.map((id) => all.people[id]?.name ?? id).join(", ");
  return place.name;
}
