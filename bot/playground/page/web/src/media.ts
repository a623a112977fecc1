/** Whether a media query matches this screen, now and when that changes. */

import { useEffect, useMemo, useState } from "react";

export function useMatches(query: string): boolean {
  const list = useMemo(() => window.matchMedia(query), [query]);
  const [matches, setMatches] = useState(list.matches);
  useEffect(() => {
    const heard = () => setMatches(list.matches);
    list.addEventListener("change", heard);
    return () => list.removeEventListener("change", heard);
  }, [list]);
  return matches;
}
