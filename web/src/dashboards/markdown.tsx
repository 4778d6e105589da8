/**
 * Markdown as React elements: headings, paragraphs, lists, quotes, rules, code; bold, italic, code and links within.
 * No HTML is read: `<b>` stands there as it was written. A link leads to http, https, mailto, or within this Calha.
 */

import { Fragment, type ReactNode } from "react";

type Block = { kind: "heading"; level: number; text: string } | { kind: "text" | "quote" | "code"; text: string } | { kind: "list"; ordered: boolean; items: string[] } | { kind: "rule" };

const HEADING = /^(#{1,4})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|(\d{1,3})[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const FENCE = /^```/;
const QUOTE = /^>\s?(.*)$/;

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    if (FENCE.test(line)) {
      const end = lines.findIndex((one, index) => index > at && FENCE.test(one));
      blocks.push({ kind: "code", text: lines.slice(at + 1, end < 0 ? undefined : end).join("\n") });
      at = end < 0 ? lines.length : end;
      continue;
    }
    at = takeLine(blocks, lines, at);
  }
  return blocks;
}

/** Takes the block that begins at a line; the result is its last line. */
function takeLine(blocks: Block[], lines: readonly string[], at: number): number {
  const line = lines[at] ?? "";
  const heading = HEADING.exec(line);
  if (heading !== null) blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
  else if (RULE.test(line)) blocks.push({ kind: "rule" });
  else if (ITEM.test(line)) {
    const end = endOf(lines, at, (one) => ITEM.test(one));
    blocks.push({ kind: "list", ordered: ITEM.exec(line)?.[1] !== undefined, items: lines.slice(at, end).map((one) => ITEM.exec(one)?.[2] ?? "") });
    return end - 1;
  } else {
    const isQuote = QUOTE.test(line);
    const end = endOf(lines, at, (one) => (isQuote ? QUOTE.test(one) : one.trim() !== "" && ![HEADING, ITEM, RULE, FENCE, QUOTE].some((begin) => begin.test(one))));
    const text = lines.slice(at, end).map((one) => (isQuote ? (QUOTE.exec(one)?.[1] ?? "") : one.trim()));
    blocks.push({ kind: isQuote ? "quote" : "text", text: text.join("\n") });
    return end - 1;
  }
  return at;
}

function endOf(lines: readonly string[], at: number, belongs: (line: string) => boolean): number {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end] ?? "")) end += 1;
  return end;
}

const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*|_([^_\s][^_]*)_|\[([^\]]+)\]\(([^()\s]+)\)/;
const DEEPEST = 6;

function inline(text: string, depth = 0): ReactNode {
  const parts: ReactNode[] = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found !== null && depth < DEEPEST; found = INLINE.exec(rest)) {
    parts.push(rest.slice(0, found.index), <Fragment key={parts.length}>{marked(found, depth + 1)}</Fragment>);
    rest = rest.slice(found.index + found[0].length);
  }
  return parts.length === 0 ? text : [...parts, rest];
}

function marked([, code, strong, strongToo, light, lightToo, label, address]: RegExpExecArray, depth: number): ReactNode {
  if (code !== undefined) return <code>{code}</code>;
  const [bold, slanted] = [strong ?? strongToo, light ?? lightToo];
  if (bold !== undefined) return <strong>{inline(bold, depth)}</strong>;
  if (slanted !== undefined) return <em>{inline(slanted, depth)}</em>;
  if (!isSafe(address ?? "")) return label;
  return (
    <a href={address} rel="noreferrer noopener">
      {label}
    </a>
  );
}

/** Whether a link may be followed: nothing that runs. */
export function isSafe(address: string): boolean {
  return /^(https?:\/\/|mailto:|#|\/(?!\/))/i.test(address);
}

export function Markdown({ text }: { text: string }) {
  return blocksOf(text).map((block, index) => <BlockView key={index} block={block} />);
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading": {
      const Heading = block.level === 1 ? "h3" : "h4"; // the page has its own h1, panels h2
      return <Heading>{inline(block.text)}</Heading>;
    }
    case "rule":
      return <hr />;
    case "code":
      return <pre>{block.text}</pre>;
    case "quote":
      return <blockquote>{lines(block.text)}</blockquote>;
    case "list": {
      const List = block.ordered ? "ol" : "ul";
      return (
        <List>
          {block.items.map((item, index) => (
            <li key={index}>{inline(item)}</li>
          ))}
        </List>
      );
    }
    case "text":
      return <p>{lines(block.text)}</p>;
  }
}

function lines(text: string): ReactNode {
  return text.split("\n").map((line, index) => (
    <Fragment key={index}>
      {index > 0 && <br />}
      {inline(line)}
    </Fragment>
  ));
}
