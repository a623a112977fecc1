/** A list of messages, newest below, that stays at the bottom while it grows; of an answer of the
 * intern that is longer than the screen, at its beginning. */

import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { MessageItem } from "./MessageItem";
import { day, useLanguage, useWords } from "./words";
import type { Everything, Message, Status } from "./types";

interface Props {
  all: Everything;
  messages: Message[];
  statuses: Status[];
  label: string;
  before?: ReactNode;
  readTo?: string;
  open?: (thread: string) => void;
  pressed: (action: string) => void;
}

const NEAR = 120; // pixels from the bottom that still count as reading along
const ABOVE = 60; // pixels of what was read that stay in sight above what is new
const TOGETHER = 300; // seconds within which one person's messages stand together

export function Talk({ all, messages, statuses, label, before, readTo, open, pressed }: Props) {
  const words = useWords();
  const language = useLanguage();
  const frame = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const along = useRef(true);
  const last = useRef(0); // where the frame was scrolled to
  const [away, setAway] = useState(false);

  const toBottom = () => {
    if (frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  };
  // What grows is followed to its end, but not past the beginning of what answers my last words.
  const follow = () => {
    const it = frame.current;
    if (!it || !along.current) return;
    toBottom();
    const begins = it.querySelector<HTMLElement>("[data-answer]");
    if (begins) it.scrollTop = Math.min(it.scrollTop, begins.offsetTop - it.offsetTop - ABOVE);
    last.current = it.scrollTop;
  };
  // A place opens at the newest; when more came than fits, at the first that is new.
  useLayoutEffect(() => {
    along.current = true;
    toBottom();
    const it = frame.current;
    if (!it) return;
    last.current = it.scrollTop;
    const line = it.querySelector<HTMLElement>(".line.fresh");
    if (line) it.scrollTop = Math.min(it.scrollTop, line.offsetTop - it.offsetTop - ABOVE);
    onScroll();
  }, [label]);
  useEffect(() => {
    const grown = new ResizeObserver(follow);
    if (inner.current) grown.observe(inner.current);
    return () => grown.disconnect();
  }, []);
  // Content that grows moves the bottom away as well: only who scrolls up stops reading along.
  const onScroll = () => {
    const it = frame.current;
    if (!it) return;
    const below = it.scrollHeight - it.scrollTop - it.clientHeight;
    const near = below < NEAR;
    if (near || it.scrollTop < last.current) along.current = near;
    last.current = it.scrollTop;
    setAway(below > it.clientHeight);
  };
  const mine = messages.findLastIndex((one) => one.user === all.me && !one.ephemeral);
  const since = mine < 0 ? [] : messages.slice(mine + 1);
  const answer = since.every((one) => one.user === all.bot) ? since[0]?.ts : undefined;
  const firstNew = readTo ? messages.find((one) => one.ts > readTo && one.user !== all.me)?.ts : undefined;
  return (
    <div className="talk" ref={frame} onScroll={onScroll} tabIndex={0} role="region" aria-label={label}>
      <div ref={inner}>
        {before}
        {messages.map((message, at) => {
          const last = messages[at - 1];
          const today = day(message.ts, language);
          const newDay = !last || day(last.ts, language) !== today;
          const joined =
            !newDay &&
            last?.user === message.user &&
            last?.ephemeral === message.ephemeral &&
            !last?.reply_count &&
            Number(message.ts) - Number(last?.ts) < TOGETHER &&
            message.ts !== firstNew;
          return (
            <div key={message.ts} data-answer={message.ts === answer || undefined}>
              {newDay && <Line text={sayDay(today, language, words)} />}
              {message.ts === firstNew && <Line text={words.unread} fresh />}
              <MessageItem all={all} message={message} joined={joined} open={open} pressed={pressed} />
            </div>
          );
        })}
        {statuses.map((one) => (
          <p key={one.thread} className="status">
            <span className="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {all.people[all.bot]?.name} {one.status}
          </p>
        ))}
      </div>
      {away && (
        <button
          type="button"
          className="jump"
          onClick={() => {
            along.current = true;
            toBottom();
          }}
        >
          ↓ {words.jump}
        </button>
      )}
    </div>
  );
}

function Line({ text, fresh }: { text: string; fresh?: boolean }) {
  return (
    <div className={fresh ? "line fresh" : "line"}>
      <span>{text}</span>
    </div>
  );
}

function sayDay(shown: string, language: "en" | "fr", words: { today: string; yesterday: string }): string {
  const now = Date.now() / 1000;
  if (shown === day(now, language)) return words.today;
  return shown === day(now - 86_400, language) ? words.yesterday : shown;
}
