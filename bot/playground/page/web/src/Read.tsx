/** Blocks that are only read, drawn by slack-blocks-to-jsx. */

import { Component, Fragment, type ReactNode, useContext } from "react";
import { Message as Drawn, type Block, type MessageProps } from "slack-blocks-to-jsx";
import "slack-blocks-to-jsx/dist/style.css";
import { Emoji } from "./Emoji";
import { Scene } from "./Scene";
import { type Language, useLanguage } from "./words";
import type { Everything, Kit } from "./types";

export function Read({ blocks, text }: { blocks: Kit[]; text: string }) {
  const scene = useContext(Scene);
  const language = useLanguage();
  if (!scene) return null;
  return (
    <Careful otherwise={text}>
      <Drawn
        withoutWrapper
        logo=""
        name=""
        theme={scene.dark ? "dark" : "light"}
        blocks={blocks as unknown as Block[]}
        hooks={hooks(scene.all, language, scene.go)}
      />
    </Careful>
  );
}

function hooks(all: Everything, language: Language, go: (place: string) => void): MessageProps["hooks"] {
  return {
    user: (data) => {
      const id = (data as unknown as { id: string }).id;
      return (
        <span className={id === all.me ? "mention me" : "mention"}>@{all.people[id]?.name ?? id}</span>
      );
    },
    channel: (data) => {
      const id = (data as unknown as { id: string }).id;
      const place = all.places.find((one) => one.id === id);
      if (!place) return <span className="mention">#{id}</span>;
      return (
        <button type="button" className="mention" onClick={() => go(id)}>
          #{place.name}
        </button>
      );
    },
    emoji: (data, parse) => <Emoji name={data.name} otherwise={parse(data)} />,
    date: ({ timestamp }) => <Fragment>{moment(Number(timestamp), language)}</Fragment>,
  };
}

function moment(at: number, language: Language): string {
  return new Date(at * 1000).toLocaleString(language === "fr" ? "fr-FR" : "en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** A block that can't be drawn leaves the message's plain text, never a white page. */
class Careful extends Component<{ children: ReactNode; otherwise: string }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError() {
    return { broken: true };
  }
  override render() {
    return this.state.broken ? <p className="plain">{this.props.otherwise}</p> : this.props.children;
  }
}
