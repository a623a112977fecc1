/** The signs that the intern's cards use, drawn here: not every machine has a font for them. */

interface Sign {
  colour: "good" | "warm" | "bad" | "calm";
  path: string; // strokes on 20 × 20
  round?: boolean; // within a filled circle
}

const SIGNS: Record<string, Sign> = {
  white_check_mark: { colour: "good", path: "m6 10.3 2.7 2.7L14 7.5", round: true },
  x: { colour: "bad", path: "m7 7 6 6m0-6-6 6", round: true },
  no_entry: { colour: "bad", path: "M6 10h8", round: true },
  no_entry_sign: { colour: "bad", path: "M5.5 14.5l9-9M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z" },
  question: { colour: "warm", path: "M7.8 8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M10 14v.1", round: true },
  warning: { colour: "warm", path: "M10 3 2.5 16.5h15zM10 8v4M10 14.2v.1" },
  speech_balloon: { colour: "warm", path: "M3 4.5h14v9H9l-3.5 3v-3H3z" },
  pencil2: { colour: "calm", path: "m4 16 1-4 8.5-8.5 3 3L8 15zM12 5l3 3" },
  bar_chart: { colour: "calm", path: "M3 17h14M5.5 14V9M10 14V4M14.5 14V7" },
  red_circle: { colour: "bad", path: "M10 6v5M10 13.8v.1", round: true },
  bell: { colour: "calm", path: "M4 14.5h12L14.5 12V8.5a4.5 4.5 0 0 0-9 0V12zM8.5 17h3" },
  no_bell: { colour: "calm", path: "M4 14.5h12L14.5 12V8.5a4.5 4.5 0 0 0-9 0V12zM8.5 17h3M3 3l14 14" },
  lock: { colour: "calm", path: "M4.5 9h11v8h-11zM7 9V6.5a3 3 0 0 1 6 0V9" },
  hourglass_flowing_sand: { colour: "calm", path: "M5 3h10M5 17h10M6 3c0 4 4 4.5 4 7s-4 3-4 7M14 3c0 4-4 4.5-4 7s4 3 4 7" },
  outbox_tray: { colour: "good", path: "M3 11v6h14v-6M10 13V3M6.5 6.5 10 3l3.5 3.5" },
  inbox_tray: { colour: "good", path: "M3 11v6h14v-6M10 3v10M6.5 9.5 10 13l3.5-3.5" },
  leftwards_arrow_with_hook: { colour: "warm", path: "M7 4 3 8l4 4M3 8h9a4.5 4.5 0 0 1 0 9h-2" },
  paperclip: { colour: "calm", path: "m15.5 9-6 6a3.3 3.3 0 0 1-4.7-4.7l6.5-6.5a2.2 2.2 0 0 1 3.1 3.1L8 13.3a1 1 0 0 1-1.5-1.5L12 6.5" },
  black_square_for_stop: { colour: "calm", path: "M4.5 4.5h11v11h-11z" },
  page_facing_up: { colour: "calm", path: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 10h5M7.5 13h5" },
  mag: { colour: "calm", path: "M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM12.5 12.5 17 17" },
  calendar: { colour: "calm", path: "M3.5 4.5h13v12h-13zM3.5 8.5h13M7 2.5v4M13 2.5v4" },
  jigsaw: { colour: "calm", path: "M3 7h4a2 2 0 1 1 4 0h4v4a2 2 0 1 1 0 4v2H3z" },
  heavy_minus_sign: { colour: "calm", path: "M4 10h12" },
  key: { colour: "calm", path: "M6.5 9.5a3.5 3.5 0 1 0 .1 0zM9 11l7.5-7.5M14 6l2 2" },
  "+1": { colour: "calm", path: "M3 9h3v8H3zM6 9.5 9.5 3c1.5 0 2 1.3 1.5 3l-.5 2.5h5L15 17H6" },
  "-1": { colour: "calm", path: "M3 3h3v8H3zM6 10.5 9.5 17c1.5 0 2-1.3 1.5-3l-.5-2.5h5L15 3H6" },
};

const PLAIN = /^[\w:+-]*$/; // what no emoji came of

export function Emoji({ name, otherwise }: { name: string; otherwise: string }) {
  const sign = SIGNS[name];
  if (!sign) return <>{PLAIN.test(String(otherwise)) ? `:${name}:` : otherwise}</>; // 20:43:09 is a time
  return (
    <svg className={`sign ${sign.colour}${sign.round ? " round" : ""}`} viewBox="0 0 20 20" role="img" aria-label={name.replaceAll("_", " ")}>
      {sign.round && <circle cx="10" cy="10" r="8.5" />}
      <path d={sign.path} />
    </svg>
  );
}
