/** Block Kit on the page: what is only read is drawn by Read, what is pressed by our own elements. */

import { Element, type Press } from "./Elements";
import { Read } from "./Read";
import type { Kit } from "./types";

const OURS = new Set(["actions", "context_actions", "input", "header", "image", "data_table"]);

/** `press` gets the block, the element and what was chosen. */
export function Blocks({ blocks, press, text }: { blocks: Kit[]; press: Press; text: string }) {
  const runs = inRuns(blocks);
  return (
    <div className="blocks">
      {runs.map((run, at) =>
        Array.isArray(run) ? (
          <Read key={at} blocks={run} text={text} />
        ) : (
          <Pressable key={run.block_id ?? at} block={run} press={press} text={text} />
        ),
      )}
    </div>
  );
}

/** Neighbouring blocks that are only read are drawn in one go. */
function inRuns(blocks: Kit[]): (Kit | Kit[])[] {
  const runs: (Kit | Kit[])[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (isPressed(block)) runs.push(block);
    else if (Array.isArray(last)) last.push(block);
    else runs.push([block]);
  }
  return runs;
}

function isPressed(block: Kit): boolean {
  if (OURS.has(block.type)) return true;
  if (block.type === "card") return Boolean(block.actions?.length);
  return block.type === "section" && Boolean(block.accessory) && block.accessory?.type !== "image";
}

function Pressable({ block, press, text }: { block: Kit; press: Press; text: string }) {
  const draw = (element: Kit, at: number) => (
    <Element key={element.action_id ?? at} element={element} press={(value) => press(block, element, value)} />
  );
  if (block.type === "header")
    return <h3 className="block-header">{typeof block.text === "object" ? block.text.text : ""}</h3>;
  if (block.type === "data_table") return <DataTable block={block} />;
  if (block.type === "image") return <Picture block={block} />;
  if (block.type === "section" && block.accessory) {
    const { accessory, ...rest } = block;
    return (
      <div className="with-accessory">
        <Read blocks={[rest]} text={text} />
        <div className="accessory">{draw(accessory, 0)}</div>
      </div>
    );
  }
  if (block.type === "card") {
    const { actions, ...rest } = block;
    return (
      <>
        <Read blocks={[rest]} text={text} />
        <div className="actions">{actions?.map(draw)}</div>
      </>
    );
  }
  const elements = block.elements ?? (block.element ? [block.element] : []);
  return <div className={block.type === "actions" ? "actions" : "actions quiet"}>{elements.map(draw)}</div>;
}

function Picture({ block }: { block: Kit }) {
  const file = block.slack_file?.id ?? block.slack_file?.url?.match(/files-pri\/([^/]+)/)?.[1];
  const source = file ? `/page/file/${file}` : block.image_url;
  return <img className="picture" src={source} alt={block.alt_text ?? ""} loading="lazy" />;
}

/** slack-blocks-to-jsx leaves this one out. */
function DataTable({ block }: { block: Kit }) {
  const cell = (value: unknown): string => {
    if (value === null || value === undefined) return "";
    if (typeof value !== "object") return String(value);
    const told = value as { text?: unknown; value?: unknown; name?: unknown };
    return cell(told.text ?? told.value ?? told.name ?? "");
  };
  const caption = typeof block.caption === "string" ? block.caption : block.caption?.text;
  const rows = (block.rows ?? []).map((row) =>
    Array.isArray(row) ? row : Object.values((row as { cells?: unknown[] }).cells ?? {}),
  );
  const [head, ...body] = block.columns?.length ? [block.columns, ...rows] : rows;
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>{head?.map((one, at) => <th key={at} scope="col">{cell(one)}</th>)}</tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>{row.map((one, n) => <td key={n}>{cell(one)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
