/** What whoever looks at the page knows: people and places, light or dark, and the way to a place. */

import { createContext } from "react";
import type { Everything } from "./types";

export const Scene = createContext<{ all: Everything; dark: boolean; go: (place: string) => void } | null>(
  null,
);
