import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { isSafe, Markdown } from "./markdown";

const html = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

describe("Markdown", () => {
  it("has headings, paragraphs, lists, rules and code", () => {
    expect(html("# Shift\n\nRead the *manual*,\n**twice**.\n\n- one\n- `two`\n\n1. a\n2. b\n\n---\n\n```\nx < y\n```")).toBe(
      "<h3>Shift</h3><p>Read the <em>manual</em>,<br/><strong>twice</strong>.</p><ul><li>one</li><li><code>two</code></li></ul><ol><li>a</li><li>b</li></ol><hr/><pre>x &lt; y</pre>",
    );
  });

  it("shows HTML as it is written", () => {
    expect(html('<img src=x onerror="alert(1)"> **<script>**')).toBe("<p>&lt;img src=x onerror=&quot;alert(1)&quot;&gt; <strong>&lt;script&gt;</strong></p>");
  });

  it("follows no link that runs something", () => {
    expect(html("[manual](https://example.org/m) [bad](javascript:alert(1)) [worse](data:text/html,x)")).toContain('<a href="https://example.org/m" rel="noreferrer noopener">manual</a>');
    expect(html("[worse](data:text/html,x)")).toBe("<p>worse</p>");
    expect(["/devices/a", "#x", "mailto:a@b.c"].map(isSafe)).toEqual([true, true, true]);
    expect(["//evil.example", "javascript:x", "JaVaScript:x", "vbscript:x", " javascript:x"].map(isSafe)).toEqual([false, false, false, false, false]);
  });

  it("ends, whatever is written", () => {
    expect(html(`x ${"**".repeat(400)}`)).toContain("*");
    expect(html("**a** ".repeat(1600)).match(/<strong>/g)).toHaveLength(1600);
    expect(html("```\nnever closed")).toBe("<pre>never closed</pre>");
  });
});
