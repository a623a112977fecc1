/** What this browser remembers between visits. */

import { useState } from "react";

export function recall<T>(name: string, otherwise: T): T {
  try {
    const kept = localStorage.getItem(`page.${name}`);
    return kept === null ? otherwise : (JSON.parse(kept) as T);
  } catch {
    return otherwise;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`page.${name}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still works.
  }
}

export function useKept<T>(name: string, otherwise: T): [T, (value: T) => void] {
  const [value, put] = useState<T>(() => recall(name, otherwise));
  return [
    value,
    (fresh) => {
      remember(name, fresh);
      put(fresh);
    },
  ];
}
