/** What the server sends (bot/playground/page/shown.py and behind.py) and what the page sends back. */

export interface Text {
  type: string;
  text: string;
}
export interface Option {
  text: Text;
  value: string;
  description?: Text;
}
export interface Confirm {
  title: Text;
  text: Text;
  confirm: Text;
  deny: Text;
  style?: string;
}
/** A block or an element of Block Kit: only the fields that this page looks at. */
export interface Kit {
  type: string;
  block_id?: string;
  action_id?: string;
  text?: Text | string;
  label?: Text;
  hint?: Text;
  placeholder?: Text;
  optional?: boolean;
  dispatch_action?: boolean;
  multiline?: boolean;
  min_length?: number;
  max_length?: number;
  value?: string;
  url?: string;
  style?: string;
  accessibility_label?: string;
  visible_to_user_ids?: string[];
  confirm?: Confirm;
  options?: Option[];
  option_groups?: { label: Text; options: Option[] }[];
  element?: Kit;
  elements?: Kit[];
  accessory?: Kit;
  positive_button?: { text: Text; value: string };
  negative_button?: { text: Text; value: string };
  actions?: Kit[];
  caption?: string | Text;
  columns?: unknown[];
  rows?: unknown[];
  image_url?: string;
  slack_file?: { id?: string; url?: string };
  alt_text?: string;
  focus_on_load?: boolean;
}
export interface Person {
  id: string;
  name: string;
  full: string;
  handle: string;
  locale: string;
  bot: boolean;
}
export interface Place {
  id: string;
  name: string;
  kind: "channel" | "group" | "im" | "mpim";
  members: string[];
  with_bot: boolean;
}
export interface SharedFile {
  id: string;
  name: string;
  title?: string;
  alt_txt?: string;
  mimetype: string;
  pretty_type: string;
  size: number;
}
export interface Message {
  ts: string;
  channel: string;
  user?: string;
  bot_id?: string;
  username?: string;
  subtype?: string;
  text: string;
  blocks?: Kit[];
  attachments?: { text?: string; fallback?: string; blocks?: Kit[] }[];
  files?: SharedFile[];
  edited?: { user: string; ts: string };
  thread_ts?: string;
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  reactions?: { name: string; users: string[]; count: number }[];
  ephemeral: boolean;
}
export type Field = Record<string, unknown>;
export interface View {
  id: string;
  hash: string;
  callback_id: string;
  title: string;
  submit: string | null;
  close: string | null;
  blocks: Kit[];
  values: Record<string, Record<string, Field>>;
  errors: Record<string, string>;
  trouble: string | null;
}
export interface Status {
  channel: string;
  thread: string;
  status: string;
}
export interface Switches {
  ai: boolean; // whether an AI is connected
  twice: boolean;
  slow: boolean;
  refuse: number;
  lost: number; // acks still to be lost
  child: boolean;
  alive: boolean;
  starts: number;
  ahead: number; // days that the intern's clock runs ahead
}
export interface Command {
  command: string;
  what: string;
  hint: string;
}
export interface Ack {
  ms: number;
  error: string | null;
}
export interface SlackEvent {
  id: string;
  name: string;
  at: number;
  acks: Ack[];
  done: boolean;
}
export interface Entry {
  seq: number;
  at: number;
  event: string;
  subject: string;
  by: string | null;
  prev: string;
  hash: string;
}
export interface Check {
  rule: string;
  level: "pass" | "stated" | "info" | "warn" | "block";
  words: string;
  quote: string | null;
  part: string | null;
}
export interface Draft {
  id: string;
  version: number;
  channel: string | null;
  fingerprint: string;
  checks: Check[] | null;
  decisions: { verdict: string; by: string; at: number; reason: string | null }[];
  deliveries: { state: string; code: string }[];
  by_rules: boolean;
}
export interface Receipt {
  id: number;
  writer: string;
  to: string | null;
  sent: string;
  length: number;
  tokens_in: number;
  tokens_cached: number;
  tokens_out: number;
  usd: string | null;
  ended: string;
  at: number;
}
export interface Task {
  id: string;
  reason: string | null; // why it came back
  reference: string;
  words: string;
  author: string;
  state: string;
  private: boolean;
  at: number;
  trouble: string | null;
  way: Entry[];
  drafts: Draft[];
  receipts: Receipt[];
  posts: { id: string; kind: string; tries: number; ts: string | null; wanted: number; drawn: number }[];
}
export interface Behind {
  events: SlackEvent[];
  calls: { method: string; error: string | null; at: number }[];
  tasks: Task[];
  proof: { asked: number; ended: number; open: number; lost: number; doubled: number };
  journal: { count: number; fault: string | null; entries: Entry[] } | null;
}
export interface Everything {
  team: string;
  me: string;
  bot: string;
  people: Record<string, Person>;
  places: Place[];
  messages: Record<string, Message[]>;
  views: View[];
  home: View | null;
  statuses: Status[];
  prompts: Record<string, { title: string; message: string }[]>;
  commands: Command[];
  switches: Switches;
  examples: Record<string, string[]>; // questions with example answers, by language
}
export interface Done {
  error: string | null;
  errors?: Record<string, string>;
  ms?: number;
}
