import type { Person } from "./types";

const COLOURS = ["#7a4b3a", "#2f5d8a", "#6a4a86", "#8a5a12", "#3d6b4a"];
const OWN: Record<string, string> = { UMARIE: "#8f4a5b", UMAX: "#2f5d8a", ULEA: "#6a4a86", UOTTO: "#7d5a1c" };

export function Avatar({ person, name, tiny }: { person?: Person; name: string; tiny?: boolean }) {
  const shown = person?.name ?? name;
  const letter = [...shown.replace(/^U/, "")][0] ?? "?";
  const colour = OWN[person?.id ?? ""] ?? COLOURS[[...(person?.id ?? name)].reduce((sum, one) => sum + one.charCodeAt(0), 0) % COLOURS.length];
  const style = person?.bot ? undefined : { background: colour };
  return (
    <span className={`avatar${tiny ? " tiny" : ""}${person?.bot ? " bot" : ""}`} style={style} aria-hidden="true">
      {person?.bot ? <Pencil /> : letter}
    </span>
  );
}

function Pencil() {
  return (
    <svg viewBox="0 0 32 32">
      <path d="M9 21.5 19.5 11l2.500 2.500L11.500 24H9z" fill="#f6efe2" />
      <path d="m20.500 10 1.400-1.400a1.500 1.500 0 0 1 2.100 0l.4.4a1.500 1.500 0 0 1 0 2.100L23 12.500z" fill="#e7a15a" />
    </svg>
  );
}
