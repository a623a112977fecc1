/** Where people write: commands and names complete themselves, files can be dropped. */

import { useEffect, useId, useRef, useState, type DragEvent, type KeyboardEvent } from "react";
import { act } from "./live";
import { encoded } from "./Modal";
import { useWords } from "./words";
import type { Everything, Place } from "./types";

interface Props {
  all: Everything;
  place: Place;
  thread?: string;
  label: string;
  said?: (text: string) => void;
}
interface Offer {
  put: string;
  name: string;
  small: string;
}

const unsent = new Map<string, string>(); // what was typed and not sent, by person, place and thread

export function Composer({ all, place, thread, label, said }: Props) {
  const words = useWords();
  const here = `${all.me} ${place.id} ${thread ?? ""}`;
  const [text, setText] = useState(() => unsent.get(here) ?? "");
  const put = (fresh: string) => {
    unsent.set(here, fresh);
    setText(fresh);
  };
  const [files, setFiles] = useState<File[]>([]);
  const [at, setAt] = useState(0);
  const [over, setOver] = useState(false);
  const [shut, setShut] = useState(false);
  const [failed, setFailed] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const list = useId();
  const offers = shut ? [] : offered(all, text, thread !== undefined);
  const chosen = offers[Math.min(at, offers.length - 1)];

  useEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 220)}px`;
  }, [text]);

  const write = (fresh: string) => {
    put(fresh);
    setAt(0);
    setShut(false);
    setFailed(false);
  };
  const take = (offer: Offer) => {
    write(offer.put);
    box.current?.focus();
  };
  const send = async () => {
    const typed = text.trim();
    if (!typed && !files.length) return;
    const sent = await Promise.all(files.map(async (one) => ({ name: one.name, bytes: await encoded(one) })));
    write("");
    setFiles([]);
    const command = !sent.length && !thread ? typed.match(/^(\/[\w-]+)\s*([^]*)$/) : null;
    const answer = command
      ? await act("command", { channel: place.id, command: command[1], text: command[2] })
      : await act("say", { channel: place.id, text: typed, thread, files: sent });
    if (answer.error === "not connected" || (answer.error && !command)) {
      put(typed);
      setFailed(true);
    } else said?.(typed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (offers.length && step) {
      event.preventDefault();
      setAt((Math.min(at, offers.length - 1) + step + offers.length) % offers.length);
    } else if (offers.length && event.key === "Escape") {
      setShut(true);
    } else if (chosen && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void send();
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    setFiles([...files, ...event.dataTransfer.files]);
  };
  return (
    <div
      className={over ? "composer over" : "composer"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {failed && (
        <p className="notice bad" role="alert">
          {words.not_sent}
        </p>
      )}
      {offers.length > 0 && (
        <ul className="offers" role="listbox" id={list} aria-label={words.suggestions}>
          {offers.map((offer) => (
            <li
              key={offer.put}
              id={`${list}-${offer.name}`}
              role="option"
              aria-selected={offer === chosen}
              onMouseDown={(event) => {
                event.preventDefault();
                take(offer);
              }}
            >
              <strong>{offer.name}</strong> <small>{offer.small}</small>
            </li>
          ))}
        </ul>
      )}
      {files.length > 0 && (
        <ul className="chips">
          {files.map((file, n) => (
            <li key={file.name + n}>
              {file.name}
              <button
                type="button"
                className="icon"
                aria-label={words.remove(file.name)}
                onClick={() => setFiles(files.filter((_, other) => other !== n))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="writing">
        <button type="button" className="icon" aria-label={words.attach} title={words.attach} onClick={() => picker.current?.click()}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M10 4v12M4 10h12" />
          </svg>
        </button>
        <input
          ref={picker}
          type="file"
          hidden
          multiple
          aria-label={words.attach}
          onChange={(event) => {
            setFiles([...files, ...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <textarea
          ref={box}
          rows={1}
          value={text}
          aria-label={label}
          placeholder={label}
          role="combobox"
          aria-expanded={offers.length > 0}
          aria-controls={offers.length ? list : undefined}
          aria-autocomplete="list"
          aria-activedescendant={chosen ? `${list}-${chosen.name}` : undefined}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="button"
          className="send"
          aria-label={words.send}
          title={words.send}
          disabled={!text.trim() && !files.length}
          onClick={() => void send()}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="m4 10 12-6-4 13-3-5z" />
          </svg>
        </button>
      </div>
      {over && <p className="drop-here">{words.drop}</p>}
    </div>
  );
}

/** Commands at the beginning of a message, people after @, channels after #. */
function offered(all: Everything, text: string, inThread: boolean): Offer[] {
  if (/^\/[\w-]*$/.test(text) && !inThread) {
    return all.commands
      .filter((one) => one.command.startsWith(text.toLowerCase()))
      .map((one) => ({ put: `${one.command} `, name: one.command, small: one.what }));
  }
  const found = text.match(/(^|\s)([@#])([\p{L}\w-]*)$/u);
  if (!found) return [];
  const sign = found[2] ?? "";
  const begun = (found[3] ?? "").toLowerCase();
  const before = text.slice(0, text.length - sign.length - begun.length);
  const names: [string, string][] =
    sign === "@"
      ? Object.values(all.people)
          .sort((a, b) => Number(b.bot) - Number(a.bot))
          .map((one) => [one.name, one.full])
      : all.places.filter((one) => one.name).map((one) => [one.name, ""]);
  return names
    .filter(([name, full]) => `${name} ${full}`.toLowerCase().includes(begun))
    .map(([name, full]) => ({ put: `${before}${sign}${name} `, name: sign + name, small: full === name ? "" : full }));
}
