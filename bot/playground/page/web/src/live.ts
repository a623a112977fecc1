/** The connection to the local Slack, and all that is known of it at this moment. */

import { useSyncExternalStore } from "react";
import type { Behind, Done, Everything, Message, Place } from "./types";

export type Phase = "connecting" | "live" | "lost";
export interface State {
  phase: Phase;
  me: string;
  all: Everything | null;
  behind: Behind | null;
  news: Message | null; // the last message that came in, for whoever announces it
}
type News = { type: string } & Record<string, unknown>;

const FIRST = "UMARIE";
const CLOSED: Done = { error: "not connected" };
let state: State = { phase: "connecting", me: whoAmI(), all: null, behind: null, news: null };
let socket: WebSocket | null = null;
let tries = 0;
let next = 1;
let watching = { on: false, language: "en" };
const waiting = new Map<number, (done: Done) => void>();
const listeners = new Set<() => void>();

export function useLive(): State {
  return useSyncExternalStore(
    (heard) => {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    () => state,
  );
}

/** One thing that the person does; answered when the intern has acknowledged it. */
export function act(deed: string, more: Record<string, unknown> = {}): Promise<Done> {
  if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.resolve(CLOSED);
  const id = next++;
  socket.send(JSON.stringify({ ...more, do: deed, id }));
  return new Promise((resolve) => waiting.set(id, resolve));
}

/** Whether the side panel is open, and in which language its sentences are wanted. */
export function watch(on: boolean, language: string): void {
  watching = { on, language };
  void act("watch", watching);
}

/** Goes on as somebody else; this tab remembers who. */
export function become(me: string): void {
  sessionStorage.setItem("as", me);
  const address = new URL(location.href);
  address.searchParams.delete("as");
  history.replaceState(null, "", address);
  put({ me, all: null, behind: null, news: null, phase: "connecting" });
  connect();
}

export function connect(): void {
  socket?.close();
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  const mine = new WebSocket(`${address}/page/live?as=${encodeURIComponent(state.me)}`);
  socket = mine;
  mine.onmessage = (frame) => {
    if (socket === mine) for (const one of JSON.parse(String(frame.data)) as News[]) take(one);
  };
  mine.onclose = () => {
    if (socket === mine) lost();
  };
}

function whoAmI(): string {
  const asked = new URLSearchParams(location.search).get("as");
  if (asked) sessionStorage.setItem("as", asked);
  return asked ?? sessionStorage.getItem("as") ?? FIRST;
}

function lost(): void {
  for (const resolve of waiting.values()) resolve(CLOSED);
  waiting.clear();
  put({ phase: tries++ === 0 && !state.all ? "connecting" : "lost" });
  setTimeout(connect, Math.min(250 * 2 ** tries, 3000));
}

function put(change: Partial<State>): void {
  state = { ...state, ...change };
  for (const heard of listeners) heard();
}

function change(part: Partial<Everything>): void {
  if (state.all) put({ all: { ...state.all, ...part } });
}

function take(news: News): void {
  const all = state.all;
  switch (news.type) {
    case "everything": {
      const whole = news as unknown as Everything;
      tries = 0;
      put({ all: whole, phase: "live", me: whole.me });
      if (watching.on) void act("watch", watching);
      return;
    }
    case "done": {
      const id = Number(news.id);
      waiting.get(id)?.(news as unknown as Done);
      waiting.delete(id);
      return;
    }
    case "message":
      if (all) keep(all, news.message as Message, news.place as Place);
      return;
    case "gone": {
      if (!all) return;
      const { channel, ts } = news as unknown as { channel: string; ts: string };
      const left = (all.messages[channel] ?? []).filter((one) => one.ts !== ts);
      change({ messages: { ...all.messages, [channel]: left } });
      return;
    }
    case "behind":
      put({ behind: news.behind as Behind });
      return;
    default: {
      const { type: _, ...part } = news;
      change(part as Partial<Everything>);
    }
  }
}

function keep(all: Everything, message: Message, place: Place): void {
  const before = all.messages[place.id] ?? [];
  const at = before.findIndex((one) => one.ts === message.ts);
  let after: Message[];
  if (at >= 0) after = before.with(at, message);
  else {
    const first = before.findIndex((one) => one.ts > message.ts);
    after = first < 0 ? [...before, message] : before.toSpliced(first, 0, message);
  }
  const known = all.places.some((one) => one.id === place.id);
  const places = known ? all.places : [...all.places, place];
  const messages = { ...all.messages, [place.id]: after };
  put({ all: { ...all, places, messages }, news: at < 0 ? message : state.news });
}
