import { defineConfig, type Plugin } from "vite";

// slack-blocks-to-jsx gives every message the same id and styles by it. Here it becomes a class:
// no id stands twice in the page, and our own colours can win over the library's.
function withoutTheId(): Plugin {
  return {
    name: "slack-blocks-without-the-id",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("slack-blocks-to-jsx")) return null;
      if (id.endsWith(".css")) return code.replaceAll("#slack_blocks_to_jsx", ".slack_blocks_to_jsx");
      return code.replaceAll('id:"slack_blocks_to_jsx",', "");
    },
  };
}

export default defineConfig({
  base: "/page/",
  plugins: [withoutTheId()],
  build: {
    outDir: "../bundle",
    emptyOutDir: true,
    assetsDir: "",
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: {
        entryFileNames: "page.js",
        chunkFileNames: "page-[name].js",
        assetFileNames: "page[extname]",
        codeSplitting: false,
      },
    },
  },
});
