/** One message as everybody sees it, or "only visible to you". */

import { memo, useState, type KeyboardEvent } from "react";
import { Ask } from "./Ask";
import { Avatar } from "./Avatar";
import { Blocks } from "./Blocks";
import { Read } from "./Read";
import { act } from "./live";
import { clock, useLanguage, useWords } from "./words";
import type { Everything, Kit, Message, SharedFile } from "./types";

interface Props {
  all: Everything;
  message: Message;
  joined: boolean; // the same person goes on
  open?: (thread: string) => void;
  pressed: (action: string) => void;
}

export const MessageItem = memo(function MessageItem({ all, message, joined, open, pressed }: Props) {
  const words = useWords();
  const language = useLanguage();
  const person = message.user ? all.people[message.user] : undefined;
  const name = person?.name ?? message.username ?? (message.user === "USLACKBOT" ? "Slack" : "App");
  const [rewriting, rewrite] = useState(false);
  const press = async (block: Kit, element: Kit, value: unknown) => {
    pressed(element.action_id ?? "");
    const given = element.type === "button" ? { value: element.value } : { value };
    const ids = { block_id: block.block_id, action_id: element.action_id };
    return act("click", { channel: message.channel, ts: message.ts, ...ids, ...given });
  };
  return (
    <article
      className={`message${joined ? " joined" : ""}${message.ephemeral ? " whispered" : ""}`}
      data-ts={message.ts}
      aria-label={`${name}, ${clock(message.ts, language)}`}
    >
      {!joined && <Avatar person={person} name={name} />}
      <div className="said">
        {!joined && (
          <p className="who">
            <strong>{name}</strong>
            {person?.bot && <span className="tag">{words.app}</span>}
            <time dateTime={new Date(Number(message.ts) * 1000).toISOString()}>{clock(message.ts, language)}</time>
            {message.ephemeral && <span className="only">{words.only_you}</span>}
          </p>
        )}
        {rewriting ? <Rewrite all={all} message={message} done={() => rewrite(false)} /> : <Body message={message} press={press} />}
        {message.edited && !message.bot_id && <small className="edited">{words.edited}</small>}
        {message.files?.map((file) => <FileCard key={file.id} file={file} />)}
        {message.reactions && message.reactions.length > 0 && (
          <p className="reactions">
            {message.reactions.map((one) => (
              <span key={one.name}>
                :{one.name}: {one.count}
              </span>
            ))}
          </p>
        )}
        {open && message.reply_count ? (
          <button type="button" className="replies" onClick={() => open(message.ts)}>
            {message.reply_users?.slice(0, 3).map((id) => (
              <Avatar key={id} person={all.people[id]} name={id} tiny />
            ))}
            <b>{words.replies(message.reply_count)}</b>
            {message.latest_reply && <small>{words.last_reply(clock(message.latest_reply, language))}</small>}
          </button>
        ) : null}
        {!message.ephemeral && message.subtype !== "tombstone" && !rewriting && (
          <Tools message={message} mine={message.user === all.me} open={message.reply_count ? undefined : open} rewrite={() => rewrite(true)} />
        )}
      </div>
    </article>
  );
});

/** What can be done with a message, seen when it is pointed at or reached by keyboard. */
function Tools({ message, mine, open, rewrite }: { message: Message; mine: boolean; open?: (thread: string) => void; rewrite: () => void }) {
  const words = useWords();
  const [asking, ask] = useState(false);
  if (!mine && !open) return null;
  const erase = (yes: boolean) => {
    ask(false);
    if (yes) void act("delete", { channel: message.channel, ts: message.ts });
  };
  return (
    <div className="hover-tools">
      {open && (
        <button type="button" aria-label={words.open_thread} title={words.open_thread} onClick={() => open(message.ts)}>
          ↩
        </button>
      )}
      {mine && (
        <>
          <button type="button" data-tool="edit" aria-label={words.edit} title={words.edit} onClick={rewrite}>
            ✎
          </button>
          <button type="button" data-tool="erase" aria-label={words.erase} title={words.erase} onClick={() => ask(true)}>
            ✕
          </button>
        </>
      )}
      {asking && (
        <Ask
          confirm={{
            title: { type: "plain_text", text: words.erase },
            text: { type: "plain_text", text: words.erase_sure },
            confirm: { type: "plain_text", text: words.erase },
            deny: { type: "plain_text", text: words.cancel },
            style: "danger",
          }}
          answer={erase}
        />
      )}
    </div>
  );
}

/** One's own words, to be changed where they stand. */
function Rewrite({ all, message, done }: { all: Everything; message: Message; done: () => void }) {
  const words = useWords();
  const [text, put] = useState(() => typedAgain(message.text, all));
  const save = async () => {
    if (text.trim()) await act("edit", { channel: message.channel, ts: message.ts, text: text.trim() });
    done();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") done();
    else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void save();
    }
  };
  return (
    <div className="rewrite">
      <textarea autoFocus rows={2} value={text} aria-label={words.edit} onChange={(event) => put(event.target.value)} onKeyDown={onKeyDown} />
      <div className="actions">
        <button type="button" className="button" onClick={done}>
          {words.cancel}
        </button>
        <button type="button" className="button primary" onClick={() => void save()}>
          {words.save}
        </button>
      </div>
    </div>
  );
}

/** Slack's text as its author typed it. */
function typedAgain(text: string, all: Everything): string {
  return text
    .replace(/<@(\w+)>/g, (_, id: string) => `@${all.people[id]?.name ?? id}`)
    .replace(/<#\w+\|([^>]+)>/g, "#$1")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}

function Body({ message, press }: { message: Message; press: (b: Kit, e: Kit, v: unknown) => Promise<unknown> }) {
  if (message.subtype === "tombstone") return <p className="plain faint">{message.text}</p>;
  const blocks = message.blocks ?? [];
  return (
    <>
      {blocks.length > 0 ? (
        <Blocks blocks={blocks} press={press} text={message.text} />
      ) : (
        message.text && <Read blocks={[{ type: "section", text: { type: "mrkdwn", text: message.text } }]} text={message.text} />
      )}
      {message.attachments?.map((one, at) => (
        <div key={at} className="attachment">
          {one.blocks ? <Blocks blocks={one.blocks} press={press} text={one.fallback ?? ""} /> : <p className="plain">{one.text ?? one.fallback}</p>}
        </div>
      ))}
    </>
  );
}

function FileCard({ file }: { file: SharedFile }) {
  const words = useWords();
  const address = `/page/file/${file.id}`;
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype)) {
    return (
      <figure className="file picture-file">
        <img src={address} alt={file.alt_txt ?? file.name} loading="lazy" />
      </figure>
    );
  }
  return (
    <a className="file" href={address} download={file.name} aria-label={`${words.download} ${file.name}`}>
      <span className="file-kind" aria-hidden="true">
        {file.pretty_type.slice(0, 4)}
      </span>
      <span>
        <b>{file.name}</b>
        <small>{Math.max(1, Math.round(file.size / 1024))} kB</small>
      </span>
    </a>
  );
}
