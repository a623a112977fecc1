/** The frame of a modal: the browser's own dialog keeps the focus in and gives it back. */

import { useEffect, useId, useRef, type ReactNode } from "react";
import { useWords } from "./words";

interface Props {
  title: string;
  close: () => void;
  children: ReactNode;
  small?: boolean;
}

export function Frame({ title, close, children, small }: Props) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const mine = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    mine?.showModal();
    const first = mine?.querySelector<HTMLElement>("[data-first], .modal-body :is(input, textarea, select)");
    (first ?? mine?.querySelector<HTMLElement>("footer .primary, footer button"))?.focus();
    return () => {
      mine?.close();
      before?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={small ? "modal small" : "modal"}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className="modal-frame">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" className="icon" aria-label={words.close} onClick={close}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
