import { createReadStream, createWriteStream } from "node:fs";
import { createHash } from "node:crypto";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { groups } from "./chunks.ts";
import { early } from "./early.ts";
import { styles } from "./styles.ts";
import { texts } from "./texts.ts";

const target = "../src/calha/web";

/** Puts a .gz beside each asset, so that the server need not compress. */
function compressed(): Plugin {
  return {
    name: "calha-compressed",
    apply: "build",
    async closeBundle() {
      for (const part of ["assets", "api-docs"]) {
        const folder = join(import.meta.dirname, target, part);
        const names = (await readdir(folder)).filter((name) => /\.(js|css|svg)$/.test(name));
        await Promise.all(
          names.map((name) =>
            pipeline(createReadStream(join(folder, name)), createGzip({ level: 9 }), createWriteStream(join(folder, `${name}.gz`))),
          ),
        );
      }
    },
  };
}

/** What the API's documentation is drawn with: not part of the app, but served beside it, because a plant has no CDN. */
function apiDocs(): Plugin {
  return {
    name: "calha-api-docs",
    apply: "build",
    async writeBundle() {
      for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
        const source = join(import.meta.dirname, "node_modules/swagger-ui-dist", name);
        await copyFile(source, join(import.meta.dirname, target, "api-docs", name));
      }
    },
  };
}

/** Tells the service worker which version this is, and the files that the app is made of, so that it opens without a connection. */
function worker(): Plugin {
  return {
    name: "calha-worker",
    apply: "build",
    async writeBundle() {
      const root = join(import.meta.dirname, target);
      const assets = (await readdir(join(root, "assets"))).filter((name) => /\.(js|css|svg|woff2)$/.test(name)).map((name) => `/assets/${name}`);
      const app = [...assets.sort(), "/calha.svg", "/manifest.webmanifest", "/icons/192.png"];
      const version = createHash("sha256").update(await readFile(join(root, "index.html"))).update(app.join()).digest("hex").slice(0, 12);
      const source = await readFile(join(import.meta.dirname, "public/push.js"), "utf8");
      const told = source.replace('"development"', JSON.stringify(version)).replace("const APP = []", `const APP = ${JSON.stringify(app)}`);
      await writeFile(join(root, "push.js"), told);
    },
  };
}

export default defineConfig({
  plugins: [texts(), styles(), react(), early(), apiDocs(), worker(), compressed()],
  build: { outDir: target, emptyOutDir: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0, chunkSizeWarningLimit: 700, rolldownOptions: { output: { codeSplitting: { groups } } } },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
});
