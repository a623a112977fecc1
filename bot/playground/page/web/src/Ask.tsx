/** "Really?": a confirm dialog, as Slack shows before a press counts. */

import { Read } from "./Read";
import { Frame } from "./Frame";
import type { Confirm } from "./types";

export function Ask({ confirm, answer }: { confirm: Confirm; answer: (yes: boolean) => void }) {
  return (
    <Frame title={confirm.title.text} close={() => answer(false)} small>
      <div className="modal-body">
        <Read blocks={[{ type: "section", text: { type: confirm.text.type, text: confirm.text.text } }]} text={confirm.text.text} />
      </div>
      <footer>
        <button type="button" className="button" onClick={() => answer(false)}>
          {confirm.deny.text}
        </button>
        <button type="button" className={`button ${confirm.style ?? "primary"}`} data-yes onClick={() => answer(true)}>
          {confirm.confirm.text}
        </button>
      </footer>
    </Frame>
  );
}
