// Writes ../bundle/sources.txt: one sha256 over all that the bundle is built from, so that
// tests/play/test_page.py can tell without Node whether the committed bundle is out of date.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const within = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => `${one.parentPath ?? one.path}/${one.name}`);
const single = ["index.html", "package.json", "package-lock.json", "sources.mjs", "tsconfig.json", "vite.config.ts"];
const paths = [...single, ...within("src"), ...within("public")].sort();
const lines = paths.map((path) => `${sha256(readFileSync(path))}  ${path}\n`);
writeFileSync("../bundle/sources.txt", `${sha256(lines.join(""))}\n`);
